"""Every signed call of the machine API: its body, use case and response.

Field names are those of the wire protocol. Unknown members of a body are ignored: clients in other languages
can send more than we need, and the signature covers all of it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from strongroom_api.bodies import decode_body
from strongroom_core.access.actions.machines import MACHINE_ROTATE_KEY
from strongroom_core.access.actions.secrets import (
    READ_EXPLAIN,
    SECRET_READ,
    SECRETS_EXPORT,
    SECRETS_LIST,
    SECRETS_POLL,
)
from strongroom_core.access.operations import Operation, machines
from strongroom_core.core import Core
from strongroom_core.kernel.caller import Machine
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.ids import SecretId
from strongroom_core.machines.rotate_key import rotate_machine_key
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.reading.explain import explain_own_read
from strongroom_core.reading.export import export_secrets
from strongroom_core.reading.listing import (
    Granted,
    list_granted,
    list_granted_projects,
    verify_access,
)
from strongroom_core.reading.poll import News, poll_changes


class _OfProject(msgspec.Struct, rename="camel"):
    project_id: str


class _Scope(msgspec.Struct, rename="camel"):
    project_id: str | None = None
    application_id: str | None = None


class _OfSecret(msgspec.Struct, rename="camel"):
    secret_id: str


class _NewKey(msgspec.Struct, rename="camel"):
    public_key: str
    proof: str


class _Watched(msgspec.Struct, rename="camel"):
    watch: list[str]
    have: dict[str, int] = {}


Handler = Callable[[Core, Machine, str, bytes], Awaitable[object]]
"""Takes the core, the caller, the rest of the path and the body, and returns a JSON value."""


@dataclass(frozen=True, slots=True)
class Call:
    """One signed call, with its name in the authorization table."""

    name: str
    operation: Operation
    method: str
    handle: Handler
    delivered: Callable[[Any], int] | None = None
    """How many values a response contains, if the call returns values."""


async def _read(core: Core, caller: Machine, secret: str, _body: bytes) -> object:
    read = await read_secret_value(core, caller, SecretId(secret))
    return {"value": read.value.reveal().decode(), "version": read.version}


async def _list(core: Core, caller: Machine, _rest: str, _body: bytes) -> object:
    return {"secrets": [_listed(each) for each in await list_granted(core, caller)]}


async def _list_project(core: Core, caller: Machine, _rest: str, body: bytes) -> object:
    project = _decode(body, _OfProject).project_id
    return {
        "secrets": [_listed(each) for each in await list_granted(core, caller, project=project)]
    }


async def _export(core: Core, caller: Machine, _rest: str, body: bytes) -> object:
    scope = _decode(body, _Scope) if body else _Scope()
    if scope.project_id is not None and scope.application_id is not None:
        raise Invalid("pass projectId or applicationId, not both")
    reads = await export_secrets(
        core, caller, project=scope.project_id, application=scope.application_id
    )
    return {
        "secrets": [
            {
                "id": read.secret,
                "name": read.name,
                "value": read.value.reveal().decode(),
                "fieldNames": _names(read.field_names),
                "version": read.version,
            }
            for read in reads
        ]
    }


async def _poll(core: Core, caller: Machine, _rest: str, body: bytes) -> object:
    asked: _Watched = _decode(body, _Watched)
    changes = await poll_changes(core, caller, asked.watch, asked.have)
    return {"changes": {secret: _news(news) for secret, news in changes.items()}}


async def _cli_projects(core: Core, caller: Machine, _rest: str, _body: bytes) -> object:
    vault, projects = await list_granted_projects(core, caller)
    return {"vaultName": vault, "projects": [_project(each) for each in projects]}


async def _cli_secrets(core: Core, caller: Machine, _rest: str, _body: bytes) -> object:
    return {
        "secrets": [
            {**_listed(each), **_project(each), "type": _TYPES[each.kind]}
            for each in await list_granted(core, caller)
        ]
    }


async def _verify(core: Core, caller: Machine, _rest: str, body: bytes) -> object:
    verified = await verify_access(core, caller, project=_decode(body, _OfProject).project_id)
    error = None if verified.valid else "this machine isn't attached to a project with this ID"
    return {
        "valid": verified.valid,
        "projectName": verified.project_name,
        "error": error,
        "frozen": verified.frozen,
    }


async def _explain(core: Core, caller: Machine, _rest: str, body: bytes) -> object:
    return await explain_own_read(core, caller, secret=_decode(body, _OfSecret).secret_id)


async def _rotate_key(core: Core, caller: Machine, _rest: str, body: bytes) -> object:
    new: _NewKey = _decode(body, _NewKey)
    await rotate_machine_key(core, caller, public_key=new.public_key, proof=new.proof)
    return {}


READ = Call(
    "readSecretValue",
    machines(SECRET_READ, returns_value=True),
    "GET",
    _read,
    delivered=lambda _answer: 1,
)
READ_PREFIX = "/v1/secret/"

CALLS: Mapping[str, Call] = {
    "/v1/secrets": Call("listGranted", machines(SECRETS_LIST), "GET", _list),
    "/v1/secrets/list": Call("listGrantedOfProject", machines(SECRETS_LIST), "POST", _list_project),
    "/v1/secrets/export": Call(
        "exportSecrets",
        machines(SECRETS_EXPORT, returns_value=True),
        "POST",
        _export,
        delivered=lambda answer: len(answer["secrets"]),
    ),
    "/v1/secrets/poll": Call("pollSecrets", machines(SECRETS_POLL), "POST", _poll),
    "/v1/cli/projects": Call("listMachineProjects", machines(SECRETS_LIST), "GET", _cli_projects),
    "/v1/cli/secrets": Call("listMachineSecrets", machines(SECRETS_LIST), "GET", _cli_secrets),
    "/v1/verify-access": Call("verifyAccess", machines(SECRETS_LIST), "POST", _verify),
    "/v1/explain": Call("explainOwnRead", machines(READ_EXPLAIN), "POST", _explain),
    "/v1/machine/rotate-key": Call(
        "rotateMachineKey", machines(MACHINE_ROTATE_KEY), "POST", _rotate_key
    ),
}

_TYPES = {"single": "secret", "structured": "structured"}


def find_call(path: str) -> tuple[Call, str] | None:
    """Return the call for a path and the rest of the path, or None."""
    call = CALLS.get(path)
    if call is not None:
        return call, ""
    rest = path.removeprefix(READ_PREFIX)
    return (READ, rest) if rest != path and rest and "/" not in rest else None


def operations() -> list[tuple[str, Operation]]:
    """Return the names and operations of all signed calls, for the authorization table."""
    return [(call.name, call.operation) for call in (READ, *CALLS.values())]


def _decode(body: bytes, wanted: type[Any]) -> Any:
    return decode_body(body, wanted)


def _listed(granted: Granted) -> dict[str, object]:
    return {
        "id": granted.id,
        "name": granted.name,
        "fieldNames": _names(granted.field_names),
        "projectId": granted.project,
        "version": granted.version,
    }


def _news(news: News) -> dict[str, object]:
    status: dict[str, object] = {"status": news.change.value}
    return status if news.version is None else {**status, "version": news.version}


def _project(granted: Granted) -> dict[str, object]:
    return {
        "projectId": granted.project,
        "projectName": granted.project_name,
        "applicationId": granted.application,
        "applicationName": granted.application_name,
    }


def _names(field_names: list[str] | None) -> str | None:
    """On the wire, field names are a JSON array in a string, or null for a single secret."""
    return None if field_names is None else msgspec.json.encode(field_names).decode()
