"""Turns a request into a caller: who sent it and from where. Rejects requests that aren't allowed at all.

`admit` guards every route according to the authorization table, wherever the route is declared. An operation
in the human API requires a session no matter how its handler was written.
"""

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from strongroom_api.bodies import decode_body, require_clean
from strongroom_api.cookies import session_token
from strongroom_api.defences import (
    SAFE_METHODS,
    require_form_of_body,
    require_no_other_page,
    require_own_page,
    require_vault,
)
from strongroom_api.errors import NoSuchRoute, say_unknown
from strongroom_api.operations import name_of, operation_of
from strongroom_api.process import Process
from strongroom_api.request_note import NOTE
from strongroom_api.sealing import require_open
from strongroom_api.signed import signed_request
from strongroom_core.access.action import Plane
from strongroom_core.access.callers import new_request_id
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.accounts.throttle import admit as admit_stranger
from strongroom_core.core import Core
from strongroom_core.kernel.caller import Human, Visitor
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.origin import Origin, source_address
from strongroom_core.keys.authenticate import authenticate_key
from strongroom_wire.signatures import is_signed

USER_AGENT_LENGTH = 255
SLOW_BODY_SECONDS = 1.0

BOUND_TO_SESSION = frozenset(
    {
        "readSession",
        "signOut",
        "stepUp",
        "listSessions",
        "deleteSession",
        "endOtherSessions",
        "listDevices",
        "deleteDevice",
        "listAccountEvents",
        "readAccount",
        "updateAccount",
        "changeEmail",
        "changePassword",
        "readClosing",
        "closeAccount",
        "cancelRecovery",
        "enterVault",
        "listOwnVaults",
        "stepUpOptions",
        "readFactors",
        "createApp",
        "confirmApp",
        "deleteApp",
        "createRecoveryCodes",
        "optionsForPasskey",
        "createPasskey",
        "deletePasskey",
        "findLoginRequest",
        "approveLoginRequest",
        "denyLoginRequest",
        "listKeys",
        "updateKey",
        "revokeKey",
        "readOwnKey",
        "revokeOwnKey",
    }
)
"""Operations on the session and the account, which are the same in any vault (A-8)."""

Connection = ASGIConnection[Any, Any, Any, State]


def origin_of(
    client: tuple[str, int | None] | None, headers: Iterable[tuple[bytes, bytes]], process: Process
) -> Origin:
    """Return the source of a request, with a new request ID. `client` is the peer's address and port.

    A request without a peer address came over a Unix socket, so this machine sent it.
    """
    peer = client[0] if client else "local"
    forwarded: list[str] = []
    agent = ""
    for name, value in headers:
        if name == b"x-forwarded-for":
            forwarded.append(value.decode("latin-1"))
        elif name == b"user-agent":
            agent = value.decode("latin-1")
    settings = process.known_settings
    trusted = settings.trusted_proxies if settings is not None else ()
    return Origin(
        source_address(peer or "local", forwarded, trusted),
        new_request_id(),
        _printable(agent)[:USER_AGENT_LENGTH],
    )


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


class ApiRequest(Request[Human, Any, State]):
    """A request, with the core and the caller, for handlers."""

    @property
    def process(self) -> Process:
        """The process, whether or not it is ready."""
        return process_of(self)

    @property
    def core(self) -> Core:
        """The unsealed core. Raises what `require_open` raises."""
        return require_open(self.process)

    @property
    def person(self) -> Human:
        """The caller of an operation in the human API."""
        return self.user

    @property
    def visitor(self) -> Visitor:
        """The caller of an operation that needs no authentication."""
        return Visitor(NOTE.get().origin)

    async def json(self) -> Any:
        """Return the body as the struct that the handler takes. Raises `Invalid`.

        A person who takes long to send the body is authenticated again, so that a request that was begun
        before a suspension, or before the session ended, has no effect afterwards.
        """
        wanted = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        loop = asyncio.get_running_loop()
        began = loop.time()
        content = await self.body()
        person = cast("dict[str, Any]", self.scope).get("user")
        if isinstance(person, Human) and loop.time() - began >= SLOW_BODY_SECONDS:
            await _authenticate_again(self, self.core)
        return decode_body(content, wanted)


def process_of(connection: Connection) -> Process:
    """Return the process behind a connection."""
    return connection.app.state.process


async def admit(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let a request through to its handler if it passes these checks. Otherwise, raise an error.

    (1) a change passes the CSRF checks, unless a key has signed it: browsers don't sign; (2) a user has a
    session or has signed the request, and an unknown client is within its rate limit; (3) the page belongs to
    the session's vault; (4) the request contains nothing that the operation would ignore. The body is read
    only after all of these checks, except for a signed request.
    """
    scope: dict[str, Any] = cast("dict[str, Any]", connection.scope)
    method = scope.get("method", "")
    if method == "OPTIONS":
        return
    operation, name = operation_of(handler), name_of(handler)
    if operation is None:
        raise NoSuchRoute
    note, changes = NOTE.get(), method not in SAFE_METHODS
    note.operation, note.plane = name, operation.plane
    if operation.action is not None:
        core = require_open(process_of(connection))
        origin = note.origin
        signed = operation.plane is Plane.HUMAN and is_signed(scope["headers"])
        if changes and ("any_client" in handler.opt or "signed" in handler.opt):  # (1)
            require_no_other_page(connection.headers, core.settings)
        elif changes and not signed:
            takes_body = "data" in handler.parsed_fn_signature.parameters
            require_own_page(connection.headers, core.settings, takes_body=takes_body)
        if operation.plane is Plane.HUMAN:  # (2)
            person = scope["user"] = await _authenticate(connection, core, signed=signed)
            if signed or name not in BOUND_TO_SESSION:  # (3)
                require_vault(connection.headers, person.vault)
        elif "signed" not in handler.opt:
            await admit_stranger(core, origin, name)
    if "any_query" not in handler.opt:  # Mail and chat programs add parameters to links.
        _require_known(connection, handler, changes=changes)  # (4)


async def _authenticate_again(connection: Connection, core: Core) -> None:
    """Update the caller of a request whose body was slow. Signed requests are read before authentication."""
    if not is_signed(connection.scope["headers"]):
        person = await _authenticate(connection, core, signed=False)
        connection.scope["user"] = person
        if NOTE.get().operation not in BOUND_TO_SESSION:
            require_vault(connection.headers, person.vault)


async def _authenticate(connection: Connection, core: Core, *, signed: bool) -> Human:
    origin = NOTE.get().origin
    if signed:
        return await authenticate_key(core, await signed_request(connection, core), origin)
    token = session_token(connection.headers.getall("cookie", []), core.settings)
    return await authenticate_person(core, token, origin)


def _require_known(connection: Connection, handler: BaseRouteHandler, *, changes: bool) -> None:
    """Raise an error for a query parameter, a precondition or a body that would otherwise be ignored."""
    parameters = handler.parsed_fn_signature.parameters
    signatures = [
        parameters,
        *(each.parsed_fn_signature.parameters for each in handler.resolve_dependencies().values()),
    ]
    known = {
        each.kwarg_definition.name or name
        for signature in signatures
        for name, each in signature.items()
        if isinstance(each.kwarg_definition, QueryParameter)
    }
    given = list(connection.query_params.multi_items())
    for name, value in given:
        if name not in known:
            raise Invalid(say_unknown("query parameter", name, known))
        require_clean(str(value))
    if len({name for name, _ in given}) < len(given):
        raise Invalid("a query parameter is repeated")
    if changes:
        require_form_of_body(connection.headers, takes_body="data" in parameters)
        if "if-match" in connection.headers and "if_match" not in parameters:
            raise Invalid("this operation doesn't accept If-Match", field="If-Match")
