"""A queue for Argon2 that counts, to show that log-ins do the same work whatever is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from strongroom_core.crypto.argon2_queue import Argon2Queue

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")


class CountingQueue(Argon2Queue):
    """Admits and computes as the real one does, and keeps count of the computations."""

    def __init__(self) -> None:
        super().__init__()
        self.computations = 0

    async def run(self, work: Callable[[], _T]) -> _T:
        """Count one computation and do it."""
        self.computations += 1
        return await super().run(work)
