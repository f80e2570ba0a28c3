"""Room for Argon2, which costs memory and time by design: the lever of a denial of service.

One queue serves the whole process, whatever is hashed: four at once in threads, sixteen waiting,
and beyond that a refusal before anything is spent.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, TypeVar

from strongroom_core.kernel.errors import Crowded

_T = TypeVar("_T")


class Argon2Queue:
    """A bounded pool of threads; hashing leaves the interpreter lock free meanwhile."""

    def __init__(self, *, at_once: int = 4, waiting: int = 16) -> None:
        """Admit `at_once` computations that run and `waiting` more that wait their turn."""
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="argon2")
        self._room = at_once + waiting
        self._inside = 0
        self._lock = Lock()

    async def run(self, work: Callable[[], _T]) -> _T:
        """Run `work` in a thread and return its result. Raises `Crowded` at once without room.

        A caller that is cancelled leaves the queue if its work has not begun; work that has begun
        keeps its place until it is done, because it keeps its memory until then.
        """
        with self._lock:
            if self._inside >= self._room:
                raise Crowded
            self._inside += 1
        try:
            future = self._pool.submit(work)
        except BaseException:
            self._leave()
            raise
        future.add_done_callback(self._leave)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Wait for what runs, drop what waits, and end the threads."""
        self._pool.shutdown(cancel_futures=True)

    def _leave(self, _done: Future[Any] | None = None) -> None:
        with self._lock:
            self._inside -= 1
