"""HTTP/1.1 as uvicorn speaks it, with an end to everything a stranger can do before a request is known.

Neither uvicorn nor the parser below it bounds the size of a request's head, the time a request takes to
arrive, or the number of connections: any of them could keep the server from its work before a rule of
ours sees the request.
"""

import asyncio
import enum
import time
from dataclasses import dataclass
from typing import Any, cast

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from strongroom_server.descriptors import only_reserve_left

MOST_HEAD_BYTES = 64 * 1024
TELL_SECONDS = 60.0

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a request may take to arrive, in seconds: its head, and then its body."""

    head: float = 10.0
    body: float = 30.0


class _Stage(enum.Enum):
    """What the next byte of the client belongs to."""

    BETWEEN = "between"
    HEAD = "head"
    BODY = "body"


class ConnectionCap:
    """Turns connections away once only the reserve of descriptors is left."""

    def __init__(self) -> None:
        self._told_at = float("-inf")
        self._turned_away = 0

    def is_reached(self) -> bool:
        """Whether a connection that was just made has to go; says so in the log once a minute."""
        if not only_reserve_left():
            return False
        self._turned_away += 1
        now = time.monotonic()
        if now - self._told_at >= TELL_SECONDS:
            _log.warning(
                "connections_turned_away",
                count=self._turned_away,
                remedy="raise the limit of open files, or find out who connects",
            )
            self._told_at, self._turned_away = now, 0
        return True


connection_cap = ConnectionCap()


class _NotTaken(Exception):
    """Raised inside the parser, which ends the request with 400."""


class BoundedProtocol(HttpToolsProtocol):
    """Answers 400 and closes when a request breaks one of these bounds.

    Target and headers together have 64 KiB, counted by what is received, so a head may pass by the
    size of one read; so has whatever follows a body. A head has 10 s from its first byte and from
    the connection, a body 30 s from its head. A target has no fragment (WIRE 1). Trailers are not
    taken: uvicorn would put them among the headers after these were checked. Only requests to
    `socket_paths` may become websockets, for which all of this holds until they do.
    """

    def __init__(
        self,
        *arguments: Any,
        patience: Patience,
        socket_paths: frozenset[bytes] = frozenset(),
        **options: Any,
    ) -> None:
        super().__init__(*arguments, **options)
        self._patience = patience
        self._socket_paths = socket_paths
        self._stage = _Stage.BETWEEN
        self._begun = 0
        self._bounded = True
        self._received = 0
        self._owed: tuple[int, _Stage] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request, unless there are too many connections."""
        super().connection_made(transport)
        if connection_cap.is_reached():
            transport.abort()
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._forget_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came over the connection."""
        self._received += len(data)
        super().data_received(data)
        if self._upgraded or self.transport.is_closing():
            return
        if self._bounded and self._received > MOST_HEAD_BYTES:
            self.send_400_response("The request's head is too long.")
            return
        self._watch()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection to the websocket's protocol, which sees all that comes from now on.

        A request before it that has no answer yet would be answered into the websocket.
        """
        if self._unanswered() is not None:
            self.transport.close()
            return
        self._forget_timer()
        self._upgraded = True
        super().handle_websocket_upgrade()

    def _should_upgrade(self) -> bool:
        """Whether this becomes a websocket. To any other path it is a request like others."""
        return self.url.partition(b"?")[0] in self._socket_paths and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: whoever asks for it could fill the log."""

    def send_400_response(self, msg: str) -> None:
        """Refuse what is being received. An answer that was begun is broken off instead."""
        cycle = self._unanswered()
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        # What comes after a complete answer is a new request, unless it belongs to the old one's body.
        begun = self._stage is _Stage.BODY if cycle is None else cycle.response_started
        if begun:
            self.transport.close()
        else:
            super().send_400_response(msg)

    def on_message_begin(self) -> None:
        """Begin to count."""
        self._stage, self._bounded, self._received = _Stage.HEAD, True, 0
        self._begun += 1
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        if b"#" in url:
            raise _NotTaken
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; after the head it would be a trailer."""
        if self._stage is not _Stage.HEAD:
            raise _NotTaken
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop counting: bodies are bounded by the application."""
        self._stage, self._bounded = _Stage.BODY, False
        super().on_headers_complete()

    def on_chunk_header(self) -> None:
        """Count again: behind the last chunk come trailers, which the parser collects."""
        self._bounded, self._received = True, 0

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        self._bounded = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Owe the client an answer."""
        self._stage, self._bounded = _Stage.BETWEEN, False
        super().on_message_complete()

    def _unanswered(self) -> RequestResponseCycle | None:
        # uvicorn does not declare that there is none before the first request.
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _watch(self) -> None:
        """Have a timer run while the client owes us bytes; uvicorn has one for idle connections."""
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
            # It is we who do not take what the client sends.
            self._watch()
        elif owed is not None and owed[1] is _Stage.BETWEEN:
            self.transport.close()
        else:
            self.send_400_response("The request did not arrive in time.")

    def _forget_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._owed = None, None
