"""Limits on the number of open sockets and on the messages of each socket.

An open socket and its state use memory. A person needs sockets for only a few tabs. Pages that don't need a
session work without a socket, so unknown clients get a small share, for pages whose session has ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.kernel.seldom import Seldom
from strongroom_core.kernel.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

MOST = 2000
MOST_OF_SESSION = 24
MOST_ANONYMOUS = 200
MOST_OF_NETWORK = 16
"""The maximum number of sockets that unknown clients in one network can have open."""

LEAST_SECONDS = 5.0
"""An unknown client's socket counts for at least this long, which limits how fast clients can reconnect."""

LINGER_SECONDS = 1.0
"""How long a closed socket still counts. By then, its handlers have ended and its state has been dropped."""

BURST = 120
PER_SECOND = 20.0

PAGE_FAILURES = Seldom("page_failures")
"""Counts the failures that a page can cause."""


class TooManySockets(Exception):
    """The limit on open sockets has been reached."""


def share_sessions() -> Shares:
    """Return the limits on people's sockets, by session."""
    return Shares(MOST, MOST_OF_SESSION)


def share_anonymous() -> Shares:
    """Return the limits on unknown clients' sockets, by network."""
    return Shares(MOST_ANONYMOUS, MOST_OF_NETWORK)


@dataclass(slots=True)
class Sockets:
    """The open sockets of one process."""

    sessions: Shares = field(default_factory=share_sessions)
    anonymous: Shares = field(default_factory=share_anonymous)

    @contextlib.contextmanager
    def of_session(self, session: str) -> Generator[None]:
        """Count a person's socket during the block. Raises `TooManySockets`."""
        if not self.sessions.take(session):
            raise TooManySockets
        try:
            yield
        finally:
            self.sessions.give_back(session)

    @contextlib.contextmanager
    def of_anonymous(self, network: str, forget: Callable[[], None]) -> Generator[None]:
        """Count the socket of an unknown client during the block and a little longer.

        Raises `TooManySockets`. The state is dropped once the socket no longer counts, so the share limits
        unknown clients' states too.
        """
        if not self.anonymous.take(network):
            raise TooManySockets
        loop = asyncio.get_running_loop()
        opened = loop.time()

        def end() -> None:
            self.anonymous.give_back(network)
            forget()

        try:
            yield
        finally:
            loop.call_at(max(opened + LEAST_SECONDS, loop.time() + LINGER_SECONDS), end)


@dataclass(slots=True)
class Allowance:
    """The messages of one socket: `BURST` at once, then `PER_SECOND` (token bucket)."""

    left: float = BURST
    at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        """Return whether another message is allowed, and count it."""
        now = time.monotonic()
        self.left = min(BURST, self.left + (now - self.at) * PER_SECOND)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
