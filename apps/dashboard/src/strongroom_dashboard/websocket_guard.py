"""Websocket guard: checks a connection before Reflex sees it (CSRF protection for websockets).

Reflex gives a state to anyone who knows its token, accepts sockets without an `Origin`, and keeps request
headers in its state. So, before a connection reaches Reflex:

(1) the connection must be a websocket for events, with exactly one token; nothing else reaches Reflex;
(2) its `Origin` must be exactly the public URL;
(3) the session cookie is replaced by the session's ID, which isn't a credential; without a live session, the
    ID is empty, and none of our events pass;
(4) sockets and messages are limited, and unknown messages are dropped;
(5) headers with credentials are dropped, and the ID is passed as `Authorization`, which Reflex neither sends
    to the browser nor logs;
(6) the token is bound to the session: two sessions with the same token have separate states.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from strongroom_core.access.callers import new_request_id
from strongroom_core.accounts.sessions import session_of
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.kernel.origin import Origin, source_address
from strongroom_dashboard.messages import is_known
from strongroom_dashboard.sockets import PAGE_FAILURES, Allowance, Sockets, TooManySockets

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Iterable

    from strongroom_core.core import Core

Scope = dict[str, Any]
Pair = tuple[bytes, bytes]

EVENTS = ("/_event", "/_event/")
SCHEME = "Session "
LONGEST_TOKEN = 64
MOST_CHARACTERS_ANONYMOUS = 8 * 1024
"""The size limit for a message from an unknown client. The server's general limit applies to people."""

_KEPT = frozenset({b"host", b"user-agent", b"accept-language", b"sec-websocket-protocol"})
_HANDSHAKE = [("EIO", "4"), ("transport", "websocket")]
_UPGRADE = [(b"connection", b"Upgrade"), (b"upgrade", b"websocket")]
"""Handshake parameters and headers. The server has already handled them, but Reflex checks them again."""


class Rejected(Exception):
    """This connection is rejected with `status`."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status.phrase)
        self.status = status


@dataclass(frozen=True, slots=True)
class WebsocketGuard:
    """An ASGI application for websockets, around Reflex's.

    `core` is blind. `cookie` is the name of the session cookie, and `key` is this process's 32 random bytes.
    `events` are the names of all events that pages send; `forget` drops the state of a token.
    """

    reflex: Callable[[Any, Any, Any], Awaitable[None]]
    core: Core
    cookie: str
    key: bytes = field(repr=False)
    events: Container[str] = frozenset[str]()
    forget: Callable[[str], None] = field(default=lambda _token: None)
    sockets: Sockets = field(default_factory=Sockets)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """Serve one websocket, or reject its handshake."""
        try:
            token = token_of(scope)  # (1)
            require_origin(scope["headers"], self.core.settings.public_url)  # (2)
            origin = self._origin(scope)
            session = await self._session(scope["headers"], origin)  # (3)
            token = bound(token, session, self.key)  # (6)
            with self._counted(session, origin.network, token):  # (4)
                guarded = self._guarded(scope, token, session, origin.address)  # (5)
                bounded = Bounded(receive, send, self.events, anonymous=not session)
                await self.reflex(guarded, bounded.receive, bounded.send)
        except Rejected as rejection:
            await _reject(send, rejection.status)
        except TooManySockets:
            await _reject(send, HTTPStatus.TOO_MANY_REQUESTS)

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
            raise Rejected(HTTPStatus.SERVICE_UNAVAILABLE) from None

    def _counted(
        self, session: str, network: str, token: str
    ) -> contextlib.AbstractContextManager[None]:
        if session:
            return self.sockets.of_session(session)
        return self.sockets.of_anonymous(network, lambda: self.forget(token))

    def _guarded(self, scope: Scope, token: str, session: str, address: str) -> Scope:
        """Return the connection's scope as Reflex sees it."""
        query = [*_HANDSHAKE, ("token", token)]
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
    """Limits how many messages one socket can send, and accepts only the types that our pages send.

    Too many messages close the socket, and so does an unknown message from an unknown client. An unknown
    message from a person is only dropped, because their page may be older than this server.
    """

    def __init__(self, receive: Any, send: Any, events: Container[str], *, anonymous: bool) -> None:
        self._receive = receive
        self._send = send
        self._events = events
        self._anonymous = anonymous
        self._allowance = Allowance()
        self._closed = False

    async def receive(self) -> Any:
        """Return the next message, or the disconnect."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            if not self._allowance.take():
                return await self._end("too many messages")
            if self._passes(message.get("text")):
                return message
            if self._anonymous:
                return await self._end("not a message that the dashboard sends")

    def _passes(self, text: str | None) -> bool:
        short = not self._anonymous or len(text or "") <= MOST_CHARACTERS_ANONYMOUS
        if text is not None and short and is_known(text, self._events):
            return True
        PAGE_FAILURES.count("UnknownMessage" if short else "LongMessage")
        return False

    async def _end(self, reason: str) -> Any:
        await self.send({"type": "websocket.close", "code": 1008, "reason": reason})
        return {"type": "websocket.disconnect", "code": 1008}

    async def send(self, message: Any) -> None:
        """Send a message, unless this class has closed the socket."""
        if self._closed:
            return
        self._closed = message["type"] == "websocket.close"
        await self._send(message)


def token_of(scope: Scope) -> str:
    """Return the token of a connection for events. Raises `Rejected` for anything else."""
    if scope["path"] not in EVENTS:
        raise Rejected(HTTPStatus.NOT_FOUND)
    asked = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    tokens = [value for name, value in asked if name == "token"]
    usual = [value for name, value in asked if name == "transport"] == ["websocket"]
    if not usual or len(tokens) != 1 or not 0 < len(tokens[0]) <= LONGEST_TOKEN:
        raise Rejected(HTTPStatus.BAD_REQUEST)
    return tokens[0]


def require_origin(headers: Iterable[Pair], origin: str) -> None:
    """Raise `Rejected` unless there is exactly one `Origin`, and it is `origin` byte for byte."""
    if [value for name, value in headers if name == b"origin"] != [origin.encode()]:
        raise Rejected(HTTPStatus.FORBIDDEN)


def cookie_of(headers: Iterable[Pair], name: str) -> str | None:
    """Return the value of a cookie, or None if it is missing or occurs twice.

    If there are two, someone on a sibling domain may have set one.
    """
    wanted, found = f"{name}=".encode(), list[bytes]()
    for header, value in headers:
        if header == b"cookie":
            found += [each.strip() for each in value.split(b";") if each.strip().startswith(wanted)]
    if len(found) != 1:
        return None
    return found[0].removeprefix(wanted).decode("latin-1")


def bound(token: str, session: str, key: bytes) -> str:
    """Return the token that Reflex sees. It is different for each session."""
    message = f"{len(session)}:{session}{token}".encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()


async def _reject(send: Any, status: HTTPStatus) -> None:
    headers = [(b"content-length", b"0"), (b"cache-control", b"no-store")]
    await send(
        {"type": "websocket.http.response.start", "status": status.value, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": b""})
