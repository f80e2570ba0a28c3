"""Calls from machines that don't have an identity yet: getting a script, and registering (M-3, M-5).

They are unsigned, so they are rate limited; successful enrollments don't count (A-10). For an unknown or used
token, the response is a script that prints an error and fails, because an empty response piped into a shell
would look like success.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from litestar.types import HTTPScope, Receive, Send

from strongroom_api.bodies import decode_body
from strongroom_api.errors import BodyTooLarge, MethodNotAllowed, NoSuchRoute
from strongroom_api.machine.key_file_page import HEADERS, key_file_page
from strongroom_api.machine.plane import Answered, answer, read_body
from strongroom_api.machine.scripts import bootstrap_script, refusal_script
from strongroom_api.process import Process
from strongroom_api.request_note import NOTE, RequestNote
from strongroom_api.sealing import require_open
from strongroom_core.access.actions.machines import (
    MACHINE_BUNDLE_DOWNLOAD,
    MACHINE_ENROLL,
    MACHINE_IDENTIFY,
    MACHINE_REGISTER,
)
from strongroom_core.access.operations import strangers
from strongroom_core.accounts.throttle import admit, count_failure
from strongroom_core.core import Core
from strongroom_core.kernel.caller import Visitor
from strongroom_core.kernel.errors import Invalid, NotFound, StrongroomError
from strongroom_core.machines.bootstrap import is_bootstrap_token, register_machine
from strongroom_core.machines.enrollment import enroll_machine
from strongroom_core.machines.identify import audience_form, enroll_job
from strongroom_core.machines.provision import download_key_file, is_key_file
from strongroom_core.machines.views import Registered

OPERATIONS = {
    "readBootstrapScript": strangers(MACHINE_REGISTER),
    "registerMachine": strangers(MACHINE_REGISTER),
    "readTemporaryScript": strangers(MACHINE_REGISTER),
    "registerTemporaryMachine": strangers(MACHINE_REGISTER),
    "enrollMachine": strangers(MACHINE_ENROLL),
    "readKeyFilePage": strangers(MACHINE_BUNDLE_DOWNLOAD),
    "downloadKeyFile": strangers(MACHINE_BUNDLE_DOWNLOAD),
    "enrollJob": strangers(MACHINE_IDENTIFY),
    "readAudience": strangers(MACHINE_IDENTIFY),
}
_HTML = "text/html; charset=utf-8"
_WITH_VAULT = 3
"""How many parts the path of a script has if it contains the vault: vault, token and variant."""

LARGEST_IDENTITY = 16 * 1024
_TOKEN = "[A-Za-z0-9_-]{8,128}"
_VAULT = "vault_[a-z2-7]{16}"


class _Registration(msgspec.Struct, rename="camel"):
    token: str
    public_key: str
    hostname: str


class _Identity(msgspec.Struct, rename="camel"):
    id_token: str
    public_key: str
    hostname: str
    trust: str | None = None


class _Enrollment(_Registration, rename="camel"):
    name: str | None = None


Handler = Callable[[Core, Visitor, Sequence[str | None], bytes], Awaitable[Answered]]
"""Takes the core, the caller, the variable parts of the path, and the body."""


@dataclass(frozen=True, slots=True)
class Route:
    """One unsigned call. `template` is its path in logs, without tokens.

    `query` is the pattern of the query string. Its only group becomes the last part for `handle`; None allows
    no query string. With `only_failures`, successful requests aren't limited, because many machines can share
    an address.
    """

    operation: str
    method: str
    template: str
    pattern: re.Pattern[str]
    handle: Handler
    query: re.Pattern[str] | None = None
    only_failures: bool = False


class Enrolment:
    """An ASGI application for the unsigned calls under `/v1/`."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def __call__(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        note = NOTE.get()
        await answer(send, note, self._serve(scope, receive, note))

    async def _serve(self, scope: HTTPScope, receive: Receive, note: RequestNote) -> Answered:
        core, origin = require_open(self._process), note.origin
        path = scope["raw_path"].decode("latin-1")
        routes = find_routes(path)
        route = next((each for each in routes if each.method == scope["method"]), None)
        query = scope["query_string"].decode("latin-1")
        if not routes or (query and (route is None or route.query is None)):
            raise NoSuchRoute
        if route is None:
            raise MethodNotAllowed(", ".join(sorted(each.method for each in routes)))
        asked = route.query.fullmatch(query) if route.query is not None else None
        if query and asked is None:
            raise Invalid("the query can contain only trust=ID", field="trust")
        note.operation = route.operation
        await admit(core, origin, route.operation, only_failures=route.only_failures)
        found = route.pattern.fullmatch(path)
        parts = list(found.groups() if found is not None else ())
        if asked is not None:
            parts.append(asked[1])
        try:
            body = await read_body(scope, receive) if route.method == "POST" else b""
            return await route.handle(core, Visitor(origin), parts, body)
        except StrongroomError:
            if route.only_failures:
                await count_failure(core, origin, route.operation)
            raise


def find_routes(path: str) -> list[Route]:
    """Return the unsigned calls with this path, one for each method."""
    return [route for route in ROUTES if route.pattern.fullmatch(path)]


async def _register(
    core: Core, caller: Visitor, parts: Sequence[str | None], body: bytes
) -> Answered:
    asked: _Registration = decode_body(body, _Registration)
    made = await register_machine(
        core,
        caller,
        asked.token,
        public_key=asked.public_key,
        hostname=asked.hostname,
        temporary_in=parts[0] if parts else None,
    )
    return _registered(core, made, status="pending")


async def _enroll(
    core: Core, caller: Visitor, parts: Sequence[str | None], body: bytes
) -> Answered:
    asked: _Enrollment = decode_body(body, _Enrollment)
    made = await enroll_machine(
        core,
        caller,
        parts[0] or "",
        asked.token,
        public_key=asked.public_key,
        hostname=asked.hostname,
        name=asked.name,
    )
    return _registered(core, made)


async def _script(
    core: Core, _caller: Visitor, parts: Sequence[str | None], _body: bytes
) -> Answered:
    vault, token, variant = parts if len(parts) == _WITH_VAULT else (None, *parts)
    token, variant = token or "", variant or ""
    if await is_bootstrap_token(core, token, temporary_in=vault):
        path = "/v1/bootstrap" if vault is None else f"/v1/{vault}/temp-bootstrap"
        text = bootstrap_script(variant, url=core.settings.public_url, path=path, token=token)
    else:
        text = refusal_script(variant)
    return 200, text.encode(), "text/plain; charset=utf-8"


async def _key_file_page(
    core: Core, _caller: Visitor, parts: Sequence[str | None], _body: bytes
) -> Answered:
    ready = await is_key_file(core, parts[0] or "")
    return (200 if ready else 404), key_file_page(ready=ready), _HTML, HEADERS


async def _download(
    core: Core, caller: Visitor, parts: Sequence[str | None], _body: bytes
) -> Answered:
    try:
        file = await download_key_file(core, caller, parts[0] or "")
    except NotFound:
        return 404, key_file_page(ready=False), _HTML, HEADERS
    named = ("content-disposition", f'attachment; filename="{file.name}"')
    return 200, file.content, "application/zip", (named, ("referrer-policy", "no-referrer"))


async def _enroll_job(
    core: Core, caller: Visitor, parts: Sequence[str | None], body: bytes
) -> Answered:
    if len(body) > LARGEST_IDENTITY:
        raise BodyTooLarge
    asked: _Identity = decode_body(body, _Identity)
    made = await enroll_job(
        core,
        caller,
        parts[0] or "",
        id_token=asked.id_token,
        public_key=asked.public_key,
        hostname=asked.hostname,
        trust=asked.trust,
    )
    return _registered(core, made)


async def _audience(
    core: Core, caller: Visitor, parts: Sequence[str | None], _body: bytes
) -> Answered:
    form = await audience_form(core, caller, parts[0] or "", parts[1])
    return 200, msgspec.json.encode(form), "application/json"


def _registered(core: Core, made: Registered, **beside: Any) -> Answered:
    told: dict[str, Any] = {
        "machineId": made.machine,
        "machineName": made.name,
        "vaultId": made.vault,
        "apiUrl": core.settings.public_url,
        **beside,
    }
    if made.expires_at is not None:
        told["expiresAt"] = made.expires_at
    return 201, msgspec.json.encode(told), "application/json"


ROUTES = (
    Route(
        "registerMachine",
        "POST",
        "/v1/bootstrap/register",
        re.compile("/v1/bootstrap/register"),
        _register,
    ),
    Route(
        "readBootstrapScript",
        "GET",
        "/v1/bootstrap/{token}",
        re.compile(f"/v1/bootstrap/(?!register)({_TOKEN})(?:/(ps|k8s))?"),
        _script,
    ),
    Route(
        "registerTemporaryMachine",
        "POST",
        "/v1/{vault}/temp-bootstrap/register",
        re.compile(f"/v1/({_VAULT})/temp-bootstrap/register"),
        _register,
    ),
    Route(
        "readTemporaryScript",
        "GET",
        "/v1/{vault}/temp-bootstrap/{token}",
        re.compile(f"/v1/({_VAULT})/temp-bootstrap/(?!register)({_TOKEN})(?:/(ps))?"),
        _script,
    ),
    Route(
        "readKeyFilePage",
        "GET",
        "/v1/provision/{token}",
        re.compile(f"/v1/provision/({_TOKEN})"),
        _key_file_page,
    ),
    Route(
        "downloadKeyFile",
        "POST",
        "/v1/provision/{token}",
        re.compile(f"/v1/provision/({_TOKEN})"),
        _download,
    ),
    Route(
        "enrollMachine",
        "POST",
        "/v1/{vault}/enroll/register",
        re.compile(f"/v1/({_VAULT})/enroll/register"),
        _enroll,
        only_failures=True,
    ),
    Route(
        "enrollJob",
        "POST",
        "/v1/{vault}/enroll/oidc",
        re.compile(f"/v1/({_VAULT})/enroll/oidc"),
        _enroll_job,
        only_failures=True,
    ),
    Route(
        "readAudience",
        "GET",
        "/v1/{vault}/enroll/oidc",
        re.compile(f"/v1/({_VAULT})/enroll/oidc"),
        _audience,
        re.compile("(?:trust=(trust_[a-z2-7]{16}))?"),
    ),
)


def is_unsigned(path: str) -> bool:
    """Whether a path belongs to the unsigned calls, even if none has exactly this path."""
    return path.startswith("/v1/bootstrap/") or bool(find_routes(path))


def template_of(path: str) -> str:
    """Return an unsigned call's path as it appears in logs."""
    routes = find_routes(path)
    return routes[0].template if routes else "/v1/bootstrap/{token}"
