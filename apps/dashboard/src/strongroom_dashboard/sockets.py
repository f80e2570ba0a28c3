"""How many sockets may be open, and how many messages come over one.

A socket costs memory for as long as it is open, whoever opened it. A person has a few tabs; a stranger
sees the pages before the log-in, which work without a socket.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

MOST = 2000
MOST_OF_SESSION = 24
MOST_OF_NETWORK = 48
"""Of strangers in one network."""

BURST = 120
PER_SECOND = 20.0


class TooManySockets(Exception):
    """One more would be more than anybody needs."""


@dataclass(slots=True)
class Sockets:
    """The open sockets of one process."""

    most: int = MOST
    open: int = 0
    _of: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])

    @contextlib.contextmanager
    def one_more(self, session: str, network: str) -> Generator[None]:
        """Count a socket for the length of the block. Raises `TooManySockets`.

        `session` is empty for a stranger, who is counted by network.
        """
        whose = ("session", session) if session else ("network", network)
        most = MOST_OF_SESSION if session else MOST_OF_NETWORK
        if self.open >= self.most or self._of[whose] >= most:
            raise TooManySockets
        self.open += 1
        self._of[whose] += 1
        try:
            yield
        finally:
            self.open -= 1
            self._of[whose] -= 1
            if not self._of[whose]:
                del self._of[whose]


@dataclass(slots=True)
class Allowance:
    """Messages of one socket: `BURST` at once, `PER_SECOND` for long (a token bucket)."""

    left: float = BURST
    at: float = field(default_factory=time.monotonic)

    def take(self) -> bool:
        """Whether one more message is allowed, which is then counted."""
        now = time.monotonic()
        self.left = min(BURST, self.left + (now - self.at) * PER_SECOND)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True
