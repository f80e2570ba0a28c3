"""The OpenAPI document: Litestar's reading of the routes, completed by what only our tables know.

Litestar sees paths, parameters and types. The headers that the defences ask for, who may call what,
and which errors can come, follow from the authorization table, so they are written in from there.
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
from strongroom_core.access.actions import RULES, Plane
from strongroom_core.access.operations import OPERATIONS

Node = dict[str, Any]

VERSION = "1"
_SCHEMAS = "#/components/schemas/{name}"
_PAGE_NAME = re.compile(r"PageAnswer_[\w.]+\.(\w+)Answer_")
_ID = "[a-z2-7]{16}"
_PATH_PATTERNS = {
    "applicationId": f"^app_{_ID}$",
    "projectId": f"^proj_{_ID}$",
    "secretId": f"^sk_{_ID}$",
    "machineId": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "entryId": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
}
_FILES = {"exportEntries": ("text/csv", "application/x-ndjson")}
"""What is answered as a file, in the form that was asked for."""
_SETS_COOKIE = {
    "logIn": "The session's cookie, and the one by which this browser is a known device.",
    "stepUp": "The session's new cookie.",
    "logOut": "Takes the session's cookie out of the browser.",
}
_COMPONENTS: Mapping[str, Node] = {
    "securitySchemes": {
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "__Host-strongroom",
            "description": "Set by logIn. Over http://localhost it is called `strongroom`.",
        }
    },
    "headers": {
        "RequestId": {
            "description": "The id of this request in logs and in the record.",
            "schema": {"type": "string", "pattern": f"^req_{_ID}$"},
        },
        "RetryAfter": {
            "description": "Seconds after which it is worth asking again.",
            "schema": {"type": "integer", "minimum": 1},
        },
    },
    "parameters": {
        "Origin": {
            "name": "Origin",
            "in": "header",
            "required": True,
            "description": "The server's public URL. Browsers send it by themselves.",
            "schema": {"type": "string", "format": "uri"},
        },
        "Client": {
            "name": CLIENT_HEADER,
            "in": "header",
            "required": True,
            "description": "The name of the program that asks.",
            "schema": {"type": "string", "pattern": f"^{CLIENT_FORM}$"},
        },
        "Vault": {
            "name": VAULT_HEADER,
            "in": "header",
            "required": True,
            "description": "The vault this is meant for; nothing is done in another.",
            "schema": {"type": "string", "pattern": f"^vault_{_ID}$"},
        },
    },
}


def describe(routes: Sequence[Any]) -> bytes:
    """Return the OpenAPI 3.1 document of these routes as JSON."""
    app = Litestar(
        route_handlers=routes,
        request_class=ApiRequest,
        openapi_config=OpenAPIConfig(
            title="Strongroom",
            version=VERSION,
            description="The HTTP API for people: everything the dashboard does.",
            use_handler_docstrings=True,
        ),
        logging_config=None,
    )
    text = json.dumps(app.openapi_schema.to_schema())
    document: Node = json.loads(_PAGE_NAME.sub(r"\1Page", text))
    handlers = {
        str(handler.operation_id): handler
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if isinstance(handler, HTTPRouteHandler) and handler.operation_id in OPERATIONS
    }
    document["paths"] = {
        _public_path(path): {
            method: _operation(operation, method.upper(), handlers[operation["operationId"]])
            for method, operation in operations.items()
        }
        for path, operations in document["paths"].items()
    }
    _complete_components(document["components"], handlers)
    return msgspec.json.encode(document)


def _complete_components(components: Node, handlers: Mapping[str, HTTPRouteHandler]) -> None:
    """Write the bodies as msgspec knows them: closed, and with their limits and defaults."""
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
    operation["summary"] = operation["description"].split(".")[0].split(":")[0]
    operation["parameters"] = [
        *(_parameter(each) for each in operation.get("parameters", [])),
        *_header_parameters(name, method),
    ]
    person = OPERATIONS[name].plane is Plane.HUMAN
    operation["security"] = [{"session": []}] if person else []
    success = {
        status: _success(name, response)
        for status, response in operation["responses"].items()
        if status.startswith("2")
    }
    if name in ("health", "healthReady"):
        success["503"] = {**success["200"], "description": "It does not work"}
    errors = {
        str(status.value): {"$ref": f"#/components/responses/Error{status.value}"}
        for status in _errors_of(name, handler)
    }
    operation["responses"] = errors | success
    return {key: value for key, value in operation.items() if key != "deprecated"}


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
        schema = {**schema, "minimum": 1, "maximum": 200, "default": 50}
    return {**kept, "schema": schema}


def _header_parameters(name: str, method: str) -> list[Node]:
    changes = method not in SAFE_METHODS
    person = OPERATIONS[name].plane is Plane.HUMAN
    parameters: list[Node] = []
    if changes:
        parameters += [{"$ref": f"#/components/parameters/{each}"} for each in ("Origin", "Client")]
    if person and name not in BOUND_TO_SESSION:
        vault: Node = _COMPONENTS["parameters"]["Vault"]
        parameters.append(
            {"$ref": "#/components/parameters/Vault"} if changes else {**vault, "required": False}
        )
    return parameters


def _success(name: str, response: Node) -> Node:
    headers: Node = {"X-Request-Id": {"$ref": "#/components/headers/RequestId"}}
    for header, about in response.get("headers", {}).items():
        headers[header] = {"description": about["description"], "schema": {"type": "string"}}
    if name in _SETS_COOKIE:
        headers["Set-Cookie"] = {"description": _SETS_COOKIE[name], "schema": {"type": "string"}}
    if name == "logOut":
        headers["Clear-Site-Data"] = {
            "description": "Has the browser forget what it stored of this site.",
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


def _errors_of(name: str, handler: HTTPRouteHandler) -> list[HTTPStatus]:
    """Return the errors that an operation can answer with, from what its rule and handler ask for."""
    operation, parameters = OPERATIONS[name], handler.parsed_fn_signature.parameters
    changes = not set(handler.http_methods) <= SAFE_METHODS
    person = operation.plane is Plane.HUMAN
    frozen = operation.action is not None and not RULES[operation.action].when_frozen
    asked = {
        HTTPStatus.BAD_REQUEST: True,
        HTTPStatus.UNAUTHORIZED: person or name == "logIn",
        HTTPStatus.FORBIDDEN: person or changes,
        HTTPStatus.NOT_FOUND: person or name == "readMetrics",
        HTTPStatus.CONFLICT: person,
        HTTPStatus.PRECONDITION_FAILED: "if_match" in parameters,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "data" in parameters,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "data" in parameters,
        HTTPStatus.LOCKED: frozen,
        HTTPStatus.TOO_MANY_REQUESTS: name in ("logIn", "setUp", "stepUp"),
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
