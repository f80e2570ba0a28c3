"""Builds the OpenAPI document: Litestar's description of the routes, completed with our own tables.

Litestar knows paths, parameters and types. Required headers, permissions and possible errors follow from the
authorization table and are added here.
"""

import json
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Litestar
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig

from strongroom_api.answers import REVISION
from strongroom_api.callers import BOUND_TO_SESSION, ApiRequest
from strongroom_api.defences import CLIENT_FORM, CLIENT_HEADER, SAFE_METHODS, VAULT_HEADER
from strongroom_api.errors import MEDIA_TYPE, Problem
from strongroom_api.operations import operation_of
from strongroom_api.reference.error_codes import LINKS, SIGNED, codes_of
from strongroom_api.reference.samples import examples, sample
from strongroom_core.access.action import Plane
from strongroom_core.kernel.page import DEFAULT_LIMIT, MAX_LIMIT

Node = dict[str, Any]

VERSION = "1"
_SCHEMAS = "#/components/schemas/{name}"
_LIST_NAME = re.compile(r"(Page|Items)_[\w.]+\.([A-Za-z]+?)(?:View)?_")
_ID = "[a-z2-7]{16}"
_PATH_PATTERNS = {
    "applicationId": f"^app_{_ID}$",
    "projectId": f"^proj_{_ID}$",
    "policyId": f"^pol_{_ID}$",
    "secretId": f"^sk_{_ID}$",
    "trustId": f"^trust_{_ID}$",
    "allowlistEntryId": f"^net_{_ID}$",
    "machineId": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "vaultId": f"^vault_{_ID}$",
    "memberId": f"^mem_{_ID}$",
    "invitationId": f"^inv_{_ID}$",
    "accessRoleId": f"^arole_{_ID}$",
    "vaultRoleId": f"^vrole_{_ID}$",
    "capability": r"^[a-z_]+\.[a-z_]+$",
    "accountId": f"^acc_{_ID}$",
    "planId": f"^plan_{_ID}$",
    "passkeyId": f"^pky_{_ID}$",
    "sessionId": f"^ses_{_ID}$",
    "deviceId": f"^dev_{_ID}$",
    "keyId": f"^key_{_ID}$",
    "requestId": f"^login_{_ID}$",
    "shareId": f"^shr_{_ID}$",
    "dropBoxId": f"^drop_{_ID}$",
    "locator": "^[A-Za-z0-9_-]{22}$",
    "entryId": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "tokenId": f"^ent_{_ID}$",
    "webhookId": f"^hook_{_ID}$",
    "deliveryId": f"^dlv_{_ID}$",
    "name": "^[A-Za-z0-9._-]{1,100}$",
}
_TAGS = {
    "session": "Session",
    "second_step": "Session",
    "account": "Your account",
    "own_account": "Your account",
    "factors": "Your account",
    "keys": "Keys of people",
    "entrance": "Session",
    "accounts": "Your account",
    "applications": "Applications",
    "projects": "Projects",
    "recovery": "Projects",
    "secrets": "Secrets",
    "versions": "Secrets",
    "canaries": "Canaries",
    "trash": "Trash",
    "shares": "Shares and drop boxes",
    "links": "Shares and drop boxes",
    "machines": "Machines",
    "enrollment": "Machines",
    "grants": "Access",
    "explain": "Access",
    "policies": "Policies",
    "allowlist": "IP allowlist",
    "trusts": "Trusted issuers",
    "record": "Audit log",
    "alerts": "Alerts and webhooks",
    "overview": "Overview and search",
    "vaults": "Vaults and plans",
    "members": "Members and roles",
    "invitations": "Members and roles",
    "roles": "Members and roles",
    "operator": "Server administration",
    "health": "Server",
    "metrics": "Server",
    "openapi": "Server",
    "download": "Server",
    "reference": "Server",
}
"""The section of the reference for each module of handlers, in order."""
_FILES = {
    "exportEntries": ("text/csv", "application/x-ndjson"),
    "streamEntries": ("text/event-stream",),
    "listDownloads": ("text/html",),
    "readReference": ("text/html",),
    "readSharePage": ("text/html",),
    "readDropBoxPage": ("text/html",),
    "readReferenceFile": ("text/css", "text/javascript"),
    "readDownload": ("application/zip", "text/plain"),
}
"""Responses that are files, in the requested format."""
_SETS_COOKIE = {
    "signIn": "The session cookie and the cookie of a known device, or the cookie for the second step.",
    "secondFactor": "The session cookie, and the cookie of a known device.",
    "passkey": "The session cookie, and the cookie of a known device.",
    "stepUp": "The new session cookie.",
    "changePassword": "The new session cookie.",
    "closeAccount": "Removes the session cookie.",
    "confirmApp": "The new session cookie.",
    "deleteApp": "The new session cookie.",
    "createRecoveryCodes": "The new session cookie.",
    "createPasskey": "The new session cookie.",
    "deletePasskey": "The new session cookie.",
    "signOut": "Removes the session cookie.",
    "enterVault": "The new session cookie.",
}
_COMPONENTS: Mapping[str, Node] = {
    "securitySchemes": {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-strongroom",
            "description": "Set by signIn. Over http://localhost, its name is `strongroom`.",
        }
    },
    "headers": {
        "RequestId": {
            "description": "The request's ID in logs and in the audit log.",
            "schema": {"type": "string", "pattern": f"^req_{_ID}$"},
        },
        "RetryAfter": {
            "description": "Seconds to wait before retrying.",
            "schema": {"type": "integer", "minimum": 1},
        },
    },
    "parameters": {
        "Origin": {
            "name": "Origin",
            "in": "header",
            "required": True,
            "description": "The server's public URL. Browsers send it automatically. A request that is"
            " signed by a person's key doesn't need it.",
            "schema": {"type": "string", "format": "uri"},
        },
        "Client": {
            "name": CLIENT_HEADER,
            "in": "header",
            "required": True,
            "description": "Any client name. A signed request doesn't need it.",
            "schema": {"type": "string", "pattern": f"^{CLIENT_FORM}$"},
        },
        "Vault": {
            "name": VAULT_HEADER,
            "in": "header",
            "required": False,
            "description": "The vault for which the request is meant. If the session or key belongs to a"
            " different vault, the request is rejected with 409 `vault_switched`.",
            "schema": {"type": "string", "pattern": f"^vault_{_ID}$"},
        },
    },
}


def describe(routes: Sequence[Any]) -> bytes:
    """Return the OpenAPI 3.1 document for these routes, as JSON."""
    app = Litestar(
        route_handlers=routes,
        request_class=ApiRequest,
        openapi_config=OpenAPIConfig(
            title="Strongroom",
            version=VERSION,
            description="The HTTP API for users. It can do everything the dashboard can. The reference at"
            " /docs also describes the API for machines, whose requests are signed. Requests for operations"
            " with `x-by-key` can be signed with a person's key (RFC 9421) instead of using a session.",
            use_handler_docstrings=True,
        ),
        logging_config=None,
    )
    text = json.dumps(app.openapi_schema.to_schema())
    document: Node = json.loads(_LIST_NAME.sub(r"\2\1", text))
    document["tags"] = [{"name": each} for each in dict.fromkeys(_TAGS.values())]
    handlers = {
        str(handler.operation_id): handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(handler, HTTPRouteHandler) and operation_of(handler) is not None
    }
    document["paths"] = {
        _public_path(path): {
            method: _operation(operation, method.upper(), handlers[operation["operationId"]])
            for method, operation in operations.items()
        }
        for path, operations in document["paths"].items()
    }
    _complete_components(document["components"], handlers)
    for operations in document["paths"].values():
        for operation in operations.values():
            _add_examples(operation, document["components"]["schemas"])
    return msgspec.json.encode(document)


def _add_examples(operation: Node, schemas: Node) -> None:
    """Add an example of a valid request and an example of a response."""
    example = examples().get(operation["operationId"])
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if example is not None and body is not None:
        body["example"] = example.body
    for status, answer in operation["responses"].items():
        content = answer.get("content", {}).get("application/json")
        if status.startswith("2") and content is not None:
            content["example"] = sample(content["schema"], schemas)


def _complete_components(components: Node, handlers: Mapping[str, HTTPRouteHandler]) -> None:
    """Add msgspec's schemas for the bodies: closed, with limits and defaults."""
    bodies = [
        handler.parsed_fn_signature.parameters["data"].annotation
        for handler in handlers.values()
        if "data" in handler.parsed_fn_signature.parameters
    ]
    _, exact = msgspec.json.schema_components([*bodies, Problem], ref_template=_SCHEMAS)
    components["schemas"] |= exact
    components["responses"] = {
        f"Error{status.value}": _problem_response(status)
        for status in HTTPStatus
        if status >= HTTPStatus.BAD_REQUEST
        and any(status in _errors_of(name, handler) for name, handler in handlers.items())
    }
    components |= _COMPONENTS


def _operation(operation: Node, method: str, handler: HTTPRouteHandler) -> Node:
    name = operation["operationId"]
    operation["summary"] = re.split(r"\.(?:\s|\Z)|:\s", operation["description"])[0]
    operation["parameters"] = [
        *(_parameter(each) for each in operation.get("parameters", [])),
        *_header_parameters(name, method, person=_is_of_people(handler)),
    ]
    person = _is_of_people(handler)
    operation["security"] = [{"session": []}] if person else []
    operation["tags"] = [tag_of(handler)]
    operation["x-by-key"] = _is_open_to_keys(handler)
    operation["x-codes"] = _codes(name, handler)
    operation |= _needs(handler)
    success = {
        status: _success(name, response)
        for status, response in operation["responses"].items()
        if status.startswith("2")
    }
    if name in ("health", "healthReady"):
        success["503"] = {**success["200"], "description": "Not working"}
    errors = {
        str(status.value): {"$ref": f"#/components/responses/Error{status.value}"}
        for status in _errors_of(name, handler)
    }
    operation["responses"] = errors | success
    return {key: value for key, value in operation.items() if key != "deprecated"}


def tag_of(handler: HTTPRouteHandler) -> str:
    """Return the section of the reference to which an operation belongs, by its module."""
    return _TAGS[handler.fn.__module__.rsplit(".", 1)[-1]]


def _needs(handler: HTTPRouteHandler) -> Node:
    """Return the permission that an operation of the human API needs, and the action that it logs."""
    operation = operation_of(handler)
    action = operation.action if operation is not None else None
    if action is None or not _is_of_people(handler):
        return {}
    needs = "membership" if action.needs is None else f"the permission `{action.needs.value}`"
    step_up = ", and a password confirmed in the last 10 minutes" if action.step_up else ""
    return {"x-action": action.name, "x-needs": f"{needs}{step_up}. Audit log: `{action.name}`"}


def _codes(name: str, handler: HTTPRouteHandler) -> list[str]:
    """Return the error codes of an operation, ordered by status."""
    operation = operation_of(handler)
    action = operation.action if operation is not None else None
    return [
        code
        for status in _errors_of(name, handler)
        for code in codes_of(
            name,
            status,
            person=_is_of_people(handler),
            changes=not set(handler.http_methods) <= SAFE_METHODS,
            step_up=action is not None and action.step_up,
        )
    ]


def _is_of_people(handler: HTTPRouteHandler) -> bool:
    operation = operation_of(handler)
    return operation is not None and operation.plane is Plane.HUMAN


def _is_open_to_keys(handler: HTTPRouteHandler) -> bool:
    operation = operation_of(handler)
    action = operation.action if operation is not None else None
    return _is_of_people(handler) and action is not None and action.open_to_keys


def _parameter(parameter: Node) -> Node:
    kept = {
        key: parameter[key] for key in ("name", "in", "required", "description") if key in parameter
    }
    schema: Node = {**parameter["schema"]}
    if parameter["in"] == "path":
        kept["name"] = _camel(parameter["name"])
        schema["pattern"] = _PATH_PATTERNS[kept["name"]]
    elif "oneOf" in schema:
        schema = next(each for each in schema["oneOf"] if each != {"type": "null"})
    if parameter["name"] == "If-Match":
        schema = {**schema, "pattern": f"^{REVISION}$"}
    if parameter["name"] == "limit":
        schema = {**schema, "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    return {**kept, "schema": schema}


def _header_parameters(name: str, method: str, *, person: bool) -> list[Node]:
    changes = method not in SAFE_METHODS
    parameters: list[Node] = []
    if changes and name not in LINKS:
        parameters += [{"$ref": f"#/components/parameters/{each}"} for each in ("Origin", "Client")]
    if person and name not in BOUND_TO_SESSION:
        parameters.append({"$ref": "#/components/parameters/Vault"})
    return parameters


def _success(name: str, response: Node) -> Node:
    headers: Node = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    for header, about in response.get("headers", {}).items():
        headers[header] = {"description": about["description"], "schema": {"type": "string"}}
    if name in _SETS_COOKIE:
        headers["Set-Cookie"] = {"description": _SETS_COOKIE[name], "schema": {"type": "string"}}
    if name == "signOut":
        headers["Clear-Site-Data"] = {
            "description": "Clears what the browser stored for this site.",
            "schema": {"type": "string"},
        }
    content = {
        media_type: each
        for media_type, each in response.get("content", {}).items()
        if each["schema"] != {"type": "null"}
    }
    if name in _FILES:
        content = {media_type: {"schema": {"type": "string"}} for media_type in _FILES[name]}
    described: Node = {"description": response["description"], "headers": headers}
    return {**described, "content": content} if content else described


_SIGN_IN = ("signIn", "secondFactor", "passkey", "confirmSignUp")


def _errors_of(name: str, handler: HTTPRouteHandler) -> list[HTTPStatus]:
    """Return the errors that an operation can return, according to its rule and its handler."""
    operation, parameters = operation_of(handler), handler.parsed_fn_signature.parameters
    changes = not set(handler.http_methods) <= SAFE_METHODS
    person = _is_of_people(handler)
    action = operation.action if operation is not None else None
    frozen = action is not None and not action.when_frozen
    asked = {
        HTTPStatus.BAD_REQUEST: True,
        HTTPStatus.UNAUTHORIZED: person or name in (*_SIGN_IN, *SIGNED),
        HTTPStatus.FORBIDDEN: person or changes,
        HTTPStatus.NOT_FOUND: person
        or name in ("readMetrics", *SIGNED)
        or any("{" in path for path in handler.paths),
        HTTPStatus.CONFLICT: person or name == "confirmSignUp",
        HTTPStatus.GONE: name in LINKS,
        HTTPStatus.PRECONDITION_FAILED: "if_match" in parameters,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "data" in parameters,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "data" in parameters,
        HTTPStatus.LOCKED: frozen,
        HTTPStatus.TOO_MANY_REQUESTS: person
        or name
        in (
            *_SIGN_IN,
            "setUp",
            "signUp",
            "forgotPassword",
            "resetPassword",
            "createLoginRequest",
            *SIGNED,
            *LINKS,
        ),
        HTTPStatus.INTERNAL_SERVER_ERROR: True,
        HTTPStatus.SERVICE_UNAVAILABLE: not name.startswith("health"),
    }
    return [status for status, possible in asked.items() if possible]


def _problem_response(status: HTTPStatus) -> Node:
    headers: Node = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        headers["Retry-After"] = {"$ref": "#/components/headers/RetryAfter"}
    return {
        "description": status.phrase,
        "headers": headers,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


def _public_path(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: f"{{{_camel(found[1])}}}", path)


def _camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)
