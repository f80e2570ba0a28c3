"""An Argon2 queue that counts computations, to show that every failed sign-in does the same work."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from strongroom_core.crypto.argon2_queue import Argon2Queue

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class CountingQueue(Argon2Queue):
    """A queue that works like the real one, and counts computations."""

    def __init__(self) -> None:
        super().__init__()
        self.computations = 0

    async def run(self, work: Callable[[], _T], *, network: str | None = None) -> _T:
        """Count one computation, and run it."""
        self.computations += 1
        return await super().run(work, network=network)
