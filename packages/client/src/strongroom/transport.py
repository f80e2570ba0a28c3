"""Sends one request and returns its answer: blocking, thread-safe, on connections that are kept.

Whatever goes wrong on the way becomes `Unreachable`, made outside of any `except`, so that no chained
error and no traceback holds a half-read answer.
"""

import os
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from strongroom.connections import (
    Answer,
    Broken,
    Connection,
    Deadline,
    Origin,
    Request,
    StaleConnection,
)
from strongroom.errors import ServerError, StrongroomError, Unreachable
from strongroom.server_texts import request_id

MOST_KEPT = 8
"""Connections that stay open for the next request."""

MOST_ANSWER_BYTES = 16 * 1024 * 1024


class ClientClosed(RuntimeError):
    """The client was closed, and is used."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One request as it went, for whoever looks for a fault: no body, no header that proves anything."""

    method: str
    path: str
    milliseconds: float
    status: int | None = None
    request_id: str | None = None
    error: str | None = None


@dataclass(slots=True)
class Transport:
    """The way to one server. `timeout` is in seconds, for one request from connecting to its last byte.

    Only looking up the server's address is not bounded by it, which Python cannot interrupt.
    """

    url: str
    timeout: float
    trace: Callable[[Trace], None] | None = None
    _origin: Origin = field(init=False)
    _kept: deque[Connection] = field(init=False)
    _process: int = field(init=False)
    _closed: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._origin = Origin.of(self.url)
        self._kept = deque()
        self._process = os.getpid()

    def send(self, request: Request, *, fresh: bool = False) -> Answer:
        """Send a request and return the answer, whatever its status. `fresh`: on a new connection.

        Raises `Unreachable` when none came, `StaleConnection` when a kept connection turned out to
        be closed (all kept ones are dropped then), and `ServerError` for an answer beyond 16 MiB.
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

    def close(self) -> None:
        """Close the connections that are not in use now; the others are closed after their answer."""
        self._closed = True
        self._drop_kept()

    def _send(self, request: Request, *, fresh: bool) -> Answer:
        if self._closed:
            raise ClientClosed("this client is closed")
        connection = None if fresh else self._take()
        reused = connection is not None
        if connection is None:
            connection = Connection(self._origin)
        answer = connection.exchange(request, Deadline(self.timeout), most=MOST_ANSWER_BYTES)
        if isinstance(answer, Answer):
            self._keep(connection)
            return answer
        connection.close()
        if answer.too_large:
            raise ServerError(
                f"the answer is larger than {MOST_ANSWER_BYTES >> 20} MiB", "export by project"
            )
        if reused and answer.closed:
            self._drop_kept()
            raise StaleConnection
        raise self._unreachable(answer)

    def _unreachable(self, broken: Broken) -> Unreachable:
        error = Unreachable(f"{self._origin.name} {broken.what}", broken.hint)
        error.sent = broken.sent
        error.lasting = broken.lasting
        return error

    def _take(self) -> Connection | None:
        if self._process != os.getpid():
            # A forked child shares the parent's connections: closing its copies harms nobody.
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
