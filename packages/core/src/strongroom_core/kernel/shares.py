"""Shares of a scarce resource: a total, a limit per key, and a queue in turns (fair queuing, backpressure).

Memory, sockets, Argon2 and exports are all shared this way. Every limit per key comes with a limit on the
total, and waiting keys take turns.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from strongroom_core.kernel.errors import Crowded


class Shares:
    """The shares in use, by key. Belongs to one event loop.

    Nobody jumps the queue: released shares go to the keys in turn and, within a key, to the caller that has
    waited longest.
    """

    def __init__(self, most: int, each: int, *, waiting: int = 0, waiting_each: int = 0) -> None:
        """Allow `most` in total and `each` per key. `waiting` and `waiting_each` limit how many wait."""
        self.held = 0
        self._most = most
        self._each = each
        self._held_by: dict[str, int] = {}
        self._most_waiting = waiting
        self._waiting_each = waiting_each
        self._waiting = 0
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}

    def take(self, key: str, size: int = 1) -> bool:
        """Take `size` for a key without waiting, and return whether that much was available."""
        held = self._held_by.get(key, 0) + size
        if self.held + size > self._most or held > self._each:
            return False
        self.held += size
        self._held_by[key] = held
        return True

    def give_back(self, key: str, size: int = 1) -> None:
        """Release a share, and serve waiting callers."""
        self.held -= size
        left = self._held_by[key] - size
        if left:
            self._held_by[key] = left
        else:
            del self._held_by[key]
        if self._waiting:
            self._serve()

    async def wait(self, key: str) -> None:
        """Take one share, waiting in turn. Raises `Crowded` immediately if the queue is full."""
        if self.take(key):
            return
        line = self._lines.get(key)
        if self._waiting >= self._most_waiting or (line and len(line) >= self._waiting_each):
            raise Crowded
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lines.setdefault(key, deque()).append(turn)
        self._waiting += 1
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self.give_back(key)  # The caller's turn came at the same moment.
            elif turn in self._lines.get(key, ()):
                self._leave(key, turn)
            raise

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncGenerator[None]:
        """Hold one share for the duration of the block. Raises `Crowded`."""
        await self.wait(key)
        try:
            yield
        finally:
            self.give_back(key)

    def _serve(self) -> None:
        for key in list(self._lines):
            line = self._lines[key]
            while line and line[0].cancelled():
                self._leave(key, line[0])
            if line and self.take(key):
                turn = line[0]
                self._leave(key, turn)
                if line:
                    # Move the key to the end of the round.
                    self._lines[key] = self._lines.pop(key)
                turn.set_result(None)

    def _leave(self, key: str, turn: asyncio.Future[None]) -> None:
        line = self._lines[key]
        line.remove(turn)
        self._waiting -= 1
        if not line:
            del self._lines[key]
