"""From a request to the caller: who asks, from where, and whether they may be heard at all.

`admit` guards every route, by the authorization table and not by where the route is declared: an
operation of the human plane has a session, whoever wrote its handler.
"""

from typing import Any, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from strongroom_api.bodies import decode_body, require_clean
from strongroom_api.cookies import session_token
from strongroom_api.defences import (
    SAFE_METHODS,
    require_form_of_body,
    require_own_page,
    require_vault,
)
from strongroom_api.errors import NoSuchRoute
from strongroom_api.process import Process
from strongroom_api.request_note import NOTE
from strongroom_api.sealing import require_open
from strongroom_core.access.actions import Plane
from strongroom_core.access.operations import OPERATIONS
from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.accounts.throttle import admit as admit_stranger
from strongroom_core.core import Core
from strongroom_core.kernel.caller import Human, Visitor
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.origin import Origin, source_address
from strongroom_core.operate.requests import new_request_id

USER_AGENT_LENGTH = 255

BOUND_TO_SESSION = frozenset({"readSession", "logOut", "stepUp"})
"""Operations about the session itself, which are the same whatever vault it acts in (A-8)."""

Connection = ASGIConnection[Any, Any, Any, State]


def origin_of(scope: dict[str, Any], process: Process) -> Origin:
    """Return where a request came from, under a fresh request id.

    A missing peer is a Unix socket: such requests come from this machine.
    """
    client = scope.get("client")
    peer = client[0] if client else "local"
    forwarded: list[str] = []
    agent = ""
    for name, value in scope["headers"]:
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
    """A request as the handlers see it: with the core, and with its caller."""

    @property
    def process(self) -> Process:
        """The process, ready or not."""
        return process_of(self)

    @property
    def core(self) -> Core:
        """The unsealed core. Raises what `require_open` raises."""
        return require_open(self.process)

    @property
    def person(self) -> Human:
        """The caller of an operation of the human plane."""
        return self.user

    @property
    def visitor(self) -> Visitor:
        """The caller of an operation that is open to strangers."""
        return Visitor(NOTE.get().origin)

    async def json(self) -> Any:
        """Return the body as the struct that the handler takes. Raises `Invalid`."""
        wanted = self.route_handler.parsed_fn_signature.parameters["data"].annotation
        return decode_body(await self.body(), wanted)


def process_of(connection: Connection) -> Process:
    """Return the process behind a connection."""
    return connection.app.state.process


async def admit(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let a request through to its handler, or raise.

    (1) a change passes the defences against other sites; (2) a person has a session, and a
    stranger has not asked too often; (3) the page was made for the vault the session acts in;
    (4) nothing is asked for that the operation does not know. Only then is the body read.
    """
    scope: dict[str, Any] = cast("dict[str, Any]", connection.scope)
    method = scope.get("method", "")
    if method == "OPTIONS":
        return
    name = handler.operation_id if isinstance(handler, HTTPRouteHandler) else None
    if not isinstance(name, str) or name not in OPERATIONS:
        raise NoSuchRoute
    NOTE.get().operation = name
    operation, changes = OPERATIONS[name], method not in SAFE_METHODS
    if operation.action is not None:
        core = require_open(process_of(connection))
        origin = NOTE.get().origin
        if changes:  # (1)
            require_own_page(connection.headers, core.settings)
        if operation.plane is Plane.HUMAN:  # (2)
            token = session_token(connection.headers.getall("cookie", []), core.settings)
            person = await authenticate_person(core, token, origin)
            scope["user"] = person
            if name not in BOUND_TO_SESSION:  # (3)
                require_vault(connection.headers, person.vault, changes=changes)
        else:
            await admit_stranger(core, origin, name)
    _require_known(connection, handler, changes=changes)  # (4)


def _require_known(connection: Connection, handler: BaseRouteHandler, *, changes: bool) -> None:
    """Raise for a query parameter, a precondition or a body that would otherwise be ignored."""
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
            raise Invalid("a query parameter is not known here: see /api/openapi.json")
        require_clean(str(value))
    if len({name for name, _ in given}) < len(given):
        raise Invalid("a query parameter was given twice")
    if changes:
        require_form_of_body(connection.headers, takes_body="data" in parameters)
        if "if-match" in connection.headers and "if_match" not in parameters:
            raise Invalid("this operation takes no If-Match", field="If-Match")
