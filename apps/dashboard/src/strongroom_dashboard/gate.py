"""What stands before Reflex: no foreign origin, no cookie, and no token but its session's own.

Reflex itself hands a state to whoever knows its token, accepts sockets without an `Origin`, and
keeps the request's headers in its state. So, before it sees a connection,

(1) it is a websocket for events, with one token; no other way to Reflex exists;
(2) its `Origin` is the public URL, to the letter;
(3) the session cookie is exchanged for the session's id, which opens nothing by itself; without a
    live session the id is empty, and the door lets nothing pass;
(4) nobody has more sockets than they need, and a socket no more messages;
(5) headers that carry credentials are dropped, and the id travels as `Authorization`, which Reflex
    neither sends to the browser nor writes down;
(6) the token is bound to the session: of two sessions with one token each has a state of its own.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from strongroom_core.accounts.sessions import session_of
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.kernel.origin import Origin, source_address
from strongroom_core.operate.requests import new_request_id
from strongroom_dashboard.sockets import Allowance, Sockets, TooManySockets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from strongroom_core.core import Core

Scope = dict[str, Any]
Pair = tuple[bytes, bytes]

EVENTS = ("/_event", "/_event/")
SCHEME = "Session "
LONGEST_TOKEN = 64

_KEPT = frozenset({b"host", b"user-agent", b"accept-language", b"sec-websocket-protocol"})
_HANDSHAKE = [("EIO", "4"), ("transport", "websocket")]
_UPGRADE = [(b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
"""The server has seen to these; Reflex looks at them again."""


class Refused(Exception):
    """This connection does not get through; `status` is what it is told."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class Gate:
    """An ASGI application for websockets, around Reflex's.

    `core` is blind. `cookie` is what the session's is called, `key` 32 random bytes of this process.
    """

    reflex: Callable[[Any, Any, Any], Awaitable[None]]
    core: Core
    cookie: str
    key: bytes = field(repr=False)
    sockets: Sockets = field(default_factory=Sockets)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Serve one websocket, or refuse it before it is one."""
        try:
            token = token_of(scope)  # (1)
            require_origin(scope["headers"], self.core.settings.public_url)  # (2)
            origin = self._origin(scope)
            session = await self._session(scope["headers"], origin)  # (3)
            with self.sockets.one_more(session, origin.network):  # (4)
                guarded = self._guarded(scope, token, session, origin.address)  # (5), (6)
                bounded = Bounded(receive, send)
                await self.reflex(guarded, bounded.receive, bounded.send)
        except Refused as refusal:
            await _refuse(send, refusal.status)
        except TooManySockets:
            await _refuse(send, HTTPStatus.TOO_MANY_REQUESTS)

    def _origin(self, scope: Scope) -> Origin:
        client = scope.get("client")
        forwarded = [
            value.decode("latin-1")
            for name, value in scope["headers"]
            if name == b"x-forwarded-for"
        ]
        trusted = self.core.settings.trusted_proxies
        address = source_address(client[0] if client else "local", forwarded, trusted)
        return Origin(address, new_request_id())

    async def _session(self, headers: Iterable[Pair], origin: Origin) -> str:
        try:
            return await session_of(self.core, cookie_of(headers, self.cookie), origin) or ""
        except StrongroomError:
            raise Refused(HTTPStatus.SERVICE_UNAVAILABLE) from None

    def _guarded(self, scope: Scope, token: str, session: str, address: str) -> Scope:
        """Return the connection as Reflex may see it."""
        query = [*_HANDSHAKE, ("token", bound(token, session, self.key))]
        headers = [(name, value) for name, value in scope["headers"] if name in _KEPT]
        headers += [*_UPGRADE, (b"origin", self.core.settings.public_url.encode())]
        headers.append((b"authorization", f"{SCHEME}{session}".encode()))
        return {
            **scope,
            "path": EVENTS[1],
            "raw_path": EVENTS[1].encode(),
            "query_string": urlencode(query).encode(),
            "headers": headers,
            "client": (address, 0),
        }


class Bounded:
    """One socket's messages, as many as a person can cause. It is closed when there are more."""

    def __init__(self, receive: Any, send: Any) -> None:
        self._receive = receive
        self._send = send
        self._allowance = Allowance()
        self._closed = False

    async def receive(self) -> Any:
        """Return the next message, or the end."""
        message = await self._receive()
        if message["type"] != "websocket.receive" or self._allowance.take():
            return message
        await self.send({"type": "websocket.close", "code": 1008, "reason": "too many messages"})
        return {"type": "websocket.disconnect", "code": 1008}

    async def send(self, message: Any) -> None:
        """Send a message, unless the socket was closed here."""
        if self._closed:
            return
        self._closed = message["type"] == "websocket.close"
        await self._send(message)


def token_of(scope: Scope) -> str:
    """Return the token of a connection for events. Raises `Refused` for everything else."""
    if scope["path"] not in EVENTS:
        raise Refused(HTTPStatus.NOT_FOUND)
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    tokens = [value for name, value in asked if name == "token"]
    usual = [value for name, value in asked if name == "transport"] == ["websocket"]
    if not usual or len(tokens) != 1 or not 0 < len(tokens[0]) <= LONGEST_TOKEN:
        raise Refused(HTTPStatus.BAD_REQUEST)
    return tokens[0]


def require_origin(headers: Iterable[Pair], origin: str) -> None:
    """Raise `Refused` unless there is exactly one `Origin`, and it is `origin` byte for byte."""
    if [value for name, value in headers if name == b"origin"] != [origin.encode()]:
        raise Refused(HTTPStatus.FORBIDDEN)


def cookie_of(headers: Iterable[Pair], name: str) -> str | None:
    """Return the value of a cookie, or None where it is missing or doubled.

    Of two with one name somebody on a sibling domain may have planted one.
    """
    wanted, found = f"{name}=".encode(), list[bytes]()
    for header, value in headers:
        if header == b"cookie":
            found += [each.strip() for each in value.split(b";") if each.strip().startswith(wanted)]
    if len(found) != 1:
        return None
    return found[0].removeprefix(wanted).decode("latin-1")


def bound(token: str, session: str, key: bytes) -> str:
    """Return the token that Reflex sees: of another session it is another."""
    message = f"{len(session)}:{session}{token}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


async def _refuse(send: Any, status: HTTPStatus) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send(
        {"type": "websocket.http.response.start", "status": status.value, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": b""})
