"""HTTP/1.1 in uvicorn, with limits on what unknown clients can do before a request is parsed.

Neither uvicorn nor its parser limits the size of a request's head, the time it takes to arrive (slowloris),
or the number of connections. Any of these could exhaust the server before our own rules see a request.
"""

import asyncio
import enum
import re
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from strongroom_core.kernel.origin import Network, network_of_peer
from strongroom_core.kernel.seldom import Seldom
from strongroom_core.kernel.shares import Shares
from strongroom_server.limits import MOST_DESCRIPTORS, descriptor_limit, only_reserve_left

MOST_HEAD_BYTES = 64 * 1024
MOST_OF_NETWORK = 1024
"""The most connections from one network, which can never use more than a quarter of the total."""

MOST_UNSENT_BYTES = 128 * 1024 * 1024
"""The total size limit for responses to slow readers (backpressure)."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Timeouts in seconds: for a request's head and body to arrive, and for a response to be sent.

    The timeout for responses starts whenever the system stops accepting data from a response.
    """

    head: float = 10.0
    body: float = 30.0
    answer: float = 60.0


class _Stage(enum.Enum):
    """The part of the request that the client's next byte belongs to."""

    BETWEEN = "between"
    HEAD = "head"
    BODY = "body"


_turned_away = Seldom(
    "connections_turned_away", remedy="raise the open-file limit, or find out who is connecting"
)


class ConnectionCap:
    """Rejects connections once only the reserve of descriptors is left."""

    def is_reached(self) -> bool:
        """Whether a new connection must be closed, which is logged at most once a minute."""
        if not only_reserve_left():
            return False
        _turned_away.count("connections")
        return True


class NetworkShares:
    """Counts the connections of each network. Trusted proxies, which serve many people, aren't limited."""

    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = trusted
        each = min(MOST_OF_NETWORK, max(1, descriptor_limit() // 4))
        self._shares = Shares(MOST_DESCRIPTORS, each)

    def take(self, peer: str) -> tuple[bool, str | None]:
        """Return whether one more connection is accepted, and what to pass to `give_back` later."""
        network = network_of_peer(peer, self._trusted)
        if network is None or self._shares.take(network):
            return True, network
        _turned_away.count("connections from one network")
        return False, None

    def give_back(self, network: str) -> None:
        """Release a connection's share."""
        self._shares.give_back(network)


connection_cap = ConnectionCap()
unsent = Shares(MOST_UNSENT_BYTES, MOST_UNSENT_BYTES)
_ANYBODY = "anybody"


Headers = Sequence[tuple[bytes, bytes]]
ServeRead = Callable[
    [
        bytes,
        Headers,
        tuple[str, int | None] | None,
        Callable[[int, Headers, bytes], Awaitable[None]],
    ],
    Coroutine[Any, Any, None],
]
"""Serves a read: it takes the path, the headers, the client's address, and what sends the response."""

_READ = re.compile(rb"/v1/secret/[A-Za-z0-9_]+")
_NOT_DIRECT = frozenset(
    {b"content-length", b"transfer-encoding", b"content-encoding", b"expect", b"upgrade"}
)
"""A request with one of these headers may have a body, or need a response before its body arrives."""

_never_awaited = asyncio.Event()


class _ReadCycle(RequestResponseCycle):
    """A read in progress, which uvicorn treats like any request."""

    def __init__(self, *, keep_alive: bool) -> None:
        self.keep_alive = keep_alive
        self.disconnected = self.response_started = self.response_complete = False
        self.more_body = True
        self.message_event = _never_awaited


class _NotTaken(Exception):
    """Raised inside the parser, which ends the request with 400."""


class BoundedProtocol(HttpToolsProtocol):
    """Responds with 400 and closes the connection if a request breaks one of these limits.

    Target and headers together can be 64 KiB, counted in received bytes, so a head can exceed this
    limit by the size of one read. The same applies to bytes after a body. A head must be complete
    within 10 s of the connection and of its first byte, and a body within 30 s of its head. If part
    of a response isn't accepted within 60 s, the connection is closed. A target can't have a
    fragment (WIRE 1). Trailers are rejected: uvicorn would add them to the headers after those were
    checked. Only requests to `socket_paths` can become websockets; until they do, all of these
    limits apply to them.

    Reads of values are passed to `serve_read`, without a scope and messages of ASGI, if they have no body and
    no earlier request is unanswered. All limits apply to them too.
    """

    def __init__(
        self,
        *arguments: Any,
        patience: Patience,
        networks: NetworkShares,
        socket_paths: frozenset[bytes] = frozenset(),
        serve_read: ServeRead | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._serve_read = serve_read
        self._patience = patience
        self._networks = networks
        self._network: str | None = None
        self._socket_paths = socket_paths
        self._stage = _Stage.BETWEEN
        self._begun = 0
        self._bounded = True
        self._received = 0
        self._owed: tuple[int, _Stage] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._upgraded = False
        self._unsent = 0
        self._lagging: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start waiting for a request, unless there are too many connections, in total or per network."""
        super().connection_made(transport)
        if connection_cap.is_reached():
            transport.abort()
            return
        peer = transport.get_extra_info("peername") or ("",)
        let_in, self._network = self._networks.take(str(peer[0]))
        if let_in:
            self._watch()
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._forget_timer()
        self._not_lagging()
        self._give_back()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start the timer for a slow reader, unless there are too many of them."""
        super().pause_writing()
        size = self.transport.get_write_buffer_size()
        if unsent.take(_ANYBODY, size):
            self._unsent = size
            self._lagging = self.loop.call_later(self._patience.answer, self.transport.abort)
        else:
            # Don't abort immediately, because the writer is in the middle of a write.
            self.loop.call_soon(self.transport.abort)

    def resume_writing(self) -> None:
        """Stop the timer, because the reader has caught up."""
        self._not_lagging()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection, even if the end of the last response was never accepted."""
        super().timeout_keep_alive_handler()
        self.loop.call_later(self._patience.answer, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Parse what the connection received."""
        self._received += len(data)
        super().data_received(data)
        if self._upgraded or self.transport.is_closing():
            return
        if self._bounded and self._received > MOST_HEAD_BYTES:
            self.send_400_response("The request's head is too large.")
            return
        self._watch()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over to the websocket protocol, which gets all data from now on.

        The response to an unanswered earlier request would otherwise be sent into the websocket.
        """
        if self._unanswered() is not None:
            self.transport.close()
            return
        self._forget_timer()
        self._upgraded = True
        self._not_lagging()
        # Websockets have separate limits (`docs/operate/limits.md`).
        self._give_back()
        super().handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        """Whether this request becomes a websocket. On any other path, it is an ordinary request."""
        return self.url.partition(b"?")[0] in self._socket_paths and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Don't log unsupported upgrades, because clients could fill the log."""

    def send_400_response(self, msg: str) -> None:
        """Reject the request that is being received. If a response has started, abort it instead."""
        cycle = self._unanswered()
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        # Data after a complete response is a new request, unless it belongs to the old request's body.
        begun = self._stage is _Stage.BODY if cycle is None else cycle.response_started
        if begun:
            self.transport.close()
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        """Start counting a request's bytes."""
        self._stage, self._bounded, self._received = _Stage.HEAD, True, 0
        self._begun += 1
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Receive a part of the target."""
        if b"#" in url:
            raise _NotTaken
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Receive a header. After the head, it would be a trailer, which is rejected."""
        if self._stage is not _Stage.HEAD:
            raise _NotTaken
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop counting, because the application limits bodies."""
        self._stage, self._bounded = _Stage.BODY, False
        if self._serve_read is None or not self._is_direct_read():
            super().on_headers_complete()
            return
        parser: Any = self.parser
        self.cycle = cycle = _ReadCycle(keep_alive=parser.should_keep_alive())
        task = self.loop.create_task(self._read(self._serve_read, cycle, self.url, self.headers))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    def on_chunk_header(self) -> None:
        """Count again, because trailers, which the parser collects, follow the last chunk."""
        self._bounded, self._received = True, 0

    def on_body(self, body: bytes) -> None:
        """Receive a part of the body."""
        self._bounded = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Stop counting, because the client is now waiting for a response."""
        self._stage, self._bounded = _Stage.BETWEEN, False
        super().on_message_complete()

    def _is_direct_read(self) -> bool:
        """Whether this is an ordinary read, as all clients send it. Other requests go through ASGI."""
        parser: Any = self.parser
        return (
            parser.get_method() == b"GET"
            and _READ.fullmatch(self.url) is not None
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and _NOT_DIRECT.isdisjoint([name for name, _ in self.headers])
            and self._unanswered() is None
        )

    async def _read(
        self, serve_read: ServeRead, cycle: _ReadCycle, path: bytes, headers: Headers
    ) -> None:
        try:
            await serve_read(path, headers, self.client, partial(self._respond, cycle))
        finally:
            if not cycle.response_complete:
                self.transport.close()

    async def _respond(self, cycle: _ReadCycle, status: int, headers: Headers, body: bytes) -> None:
        """Write a complete response in one piece."""
        if self.flow.write_paused and not cycle.disconnected:
            await self.flow.drain()
        if cycle.disconnected:
            return
        pieces = [STATUS_LINE[status]]
        for name, value in (*self.server_state.default_headers, *headers):
            pieces += (name, b": ", value, b"\r\n")
        if not cycle.keep_alive:
            pieces.append(b"connection: close\r\n")
        pieces += (b"\r\n", body)
        self.transport.write(b"".join(pieces))
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _unanswered(self) -> RequestResponseCycle | None:
        # uvicorn doesn't define the attribute before the first request.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _watch(self) -> None:
        """Run a timer while the server waits for the client's bytes; uvicorn has one for idle connections."""
        idle = self._unanswered() is None
        owed = (self._begun, self._stage) if idle or self._stage is not _Stage.BETWEEN else None
        if owed == self._owed:
            return
        self._forget_timer()
        if owed is not None:
            patience = self._patience
            seconds = patience.body if self._stage is _Stage.BODY else patience.head
            self._timer = self.loop.call_later(seconds, self._run_out)
        self._owed = owed

    def _run_out(self) -> None:
        owed, self._timer, self._owed = self._owed, None, None
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            # The server isn't reading, so the client isn't at fault.
            self._watch()
        elif owed is not None and owed[1] is _Stage.BETWEEN:
            self.transport.close()
        else:
            self.send_400_response("The request didn't arrive in time.")

    def _give_back(self) -> None:
        if self._network is not None:
            self._networks.give_back(self._network)
            self._network = None

    def _not_lagging(self) -> None:
        if self._lagging is not None:
            self._lagging.cancel()
            self._lagging = None
        if self._unsent:
            unsent.give_back(_ANYBODY, self._unsent)
            self._unsent = 0

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._owed = None, None
