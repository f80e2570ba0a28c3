"""Sends a request and returns the response: blocking, thread-safe, on keep-alive connections.

Every failure becomes `Unreachable`, raised outside of any `except`, so that no chained exception and no
traceback contains a partial response.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from strongroom._internal.connections import (
    Answer,
    Broken,
    Connection,
    Deadline,
    Request,
    StaleConnection,
)
from strongroom._internal.route import Route
from strongroom._internal.sanitize import request_id
from strongroom.errors import ServerError, StrongroomError, Unreachable

MOST_KEPT = 8
"""How many idle connections are kept open."""

LONGEST_SILENCE = 30.0
OK = 200
MOST_ANSWER_BYTES = 16 * 1024 * 1024


class ClientClosed(RuntimeError):
    """The client was used after it was closed."""


@dataclass(frozen=True, slots=True)
class Trace:
    """How one request went, for debugging, without bodies and authentication headers."""

    method: str
    path: str
    milliseconds: float
    status: int | None = None
    request_id: str | None = None
    error: str | None = None


@dataclass(slots=True)
class EventStream:
    """A response that stays open, with server-sent events. `close` can be called by another thread."""

    _transport: "Transport"
    _connection: Connection

    def read_event(self) -> dict[str, str] | None:
        """Wait for the next event. Returns its fields, such as `id`, or None if the server ended the stream.

        Raises `Unreachable` if the connection breaks, or nothing arrives for 30 seconds. The server sends
        something every few seconds.
        """
        found: dict[str, str] = {}
        deadline = Deadline(LONGEST_SILENCE)
        while True:
            line = self._connection.line(deadline, most=MOST_ANSWER_BYTES)
            if isinstance(line, Broken):
                raise self._transport.unreachable(line)
            if not line.endswith(b"\n"):
                return None
            text = line.decode(errors="replace").rstrip("\r\n")
            if not text and found:
                return found
            name, _, value = text.partition(":")
            if name in ("id", "event", "data"):
                found[name] = value.removeprefix(" ")

    def close(self) -> None:
        """Close the connection."""
        self._transport.listening.discard(self._connection)
        self._connection.interrupt()
        self._connection.close()


@dataclass(slots=True)
class Transport:
    """The connections to one server. `timeout` is in seconds, for a whole request.

    The timeout doesn't cover DNS lookups, which Python can't interrupt.
    """

    url: str
    timeout: float
    trace: Callable[[Trace], None] | None = None
    listening: set[Connection] = field(init=False, default_factory=set[Connection])
    _route: Route = field(init=False)
    _kept: deque[Connection] = field(init=False)
    _process: int = field(init=False)
    _closed: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._route = Route.to(self.url)
        self._kept = deque()
        self._process = os.getpid()

    def send(self, request: Request, *, fresh: bool = False) -> Answer:
        """Send a request and return the response with any status. `fresh` means on a new connection.

        Raises `Unreachable` if there is no response, `StaleConnection` if a keep-alive connection turned out
        to be closed (all idle ones are dropped then), and `ServerError` for a response over 16 MiB.
        """
        began = time.monotonic()
        try:
            answer = self._send(request, fresh=fresh)
        except StrongroomError as error:
            self._tell(request, began, None, error.what)
            raise
        except StaleConnection:
            self._tell(request, began, None, "the kept connection was closed")
            raise
        self._tell(request, began, answer, None)
        return answer

    def listen(self, request: Request) -> EventStream | Answer:
        """Send a request on a separate connection, and return the open stream, or any other response.

        Raises `Unreachable`.
        """
        if self._closed:
            raise ClientClosed("this client is closed")
        began, connection = time.monotonic(), Connection(self._route)
        answer = connection.begin(request, Deadline(self.timeout), most=MOST_ANSWER_BYTES)
        if answer is None:
            self._tell(request, began, Answer(OK, {}, b""), None)
            self.listening.add(connection)
            return EventStream(self, connection)
        connection.close()
        if isinstance(answer, Answer):
            self._tell(request, began, answer, None)
            return answer
        error = self.unreachable(answer)
        self._tell(request, began, None, error.what)
        raise error

    def close(self) -> None:
        """Close idle connections and streams. The others are closed after their responses."""
        self._closed = True
        for each in tuple(self.listening):
            each.interrupt()
        self._drop_kept()

    def _send(self, request: Request, *, fresh: bool) -> Answer:
        if self._closed:
            raise ClientClosed("this client is closed")
        connection = None if fresh else self._take()
        reused = connection is not None
        if connection is None:
            connection = Connection(self._route)
        answer = connection.exchange(request, Deadline(self.timeout), most=MOST_ANSWER_BYTES)
        if isinstance(answer, Answer):
            self._keep(connection)
            return answer
        connection.close()
        if answer.too_large:
            raise ServerError(
                f"the answer is larger than {MOST_ANSWER_BYTES >> 20} MiB",
                "export one project at a time",
            )
        if reused and answer.closed:
            self._drop_kept()
            raise StaleConnection
        raise self.unreachable(answer)

    def unreachable(self, broken: Broken) -> Unreachable:
        """Return the error for a request without a response."""
        error = Unreachable(f"{self._route.name} {broken.what}", broken.hint)
        error.sent = broken.sent
        error.lasting = broken.lasting
        return error

    def _take(self) -> Connection | None:
        if self._process != os.getpid():
            # A forked child shares the parent's sockets: closing its copies is harmless.
            self._process = os.getpid()
            self._drop_kept()
        try:
            return self._kept.pop()
        except IndexError:
            return None

    def _keep(self, connection: Connection) -> None:
        if self._closed or not connection.reusable or len(self._kept) >= MOST_KEPT:
            connection.close()
        else:
            self._kept.append(connection)

    def _drop_kept(self) -> None:
        while self._kept:
            try:
                self._kept.pop().close()
            except IndexError:
                return

    def _tell(
        self, request: Request, began: float, answer: Answer | None, error: str | None
    ) -> None:
        if self.trace is not None:
            self.trace(
                Trace(
                    request.method,
                    request.path,
                    (time.monotonic() - began) * 1000,
                    answer.status if answer is not None else None,
                    request_id(answer.headers.get("x-request-id")) if answer is not None else None,
                    error,
                )
            )
