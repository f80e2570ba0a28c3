"""A queue for Argon2, whose memory and time costs could be exploited for denial of service.

One queue serves the whole process and runs four computations at once, in threads. Unknown clients can use
three of the four and share the waiting places by network, so they never delay a known device. When all places
are taken, requests are rejected before any work is done (backpressure).
"""

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from strongroom_core.kernel.shares import Shares

_T = TypeVar("_T")

_KNOWN = "known"
_RUNNING_OF_NETWORK = 2
_WAITING_OF_NETWORK = 4
_LOWER_PRIORITY, _LOWEST_PRIORITY = 10, 19


def _give_way() -> None:
    """Lower the priority of this thread, so that Argon2 doesn't delay requests that take milliseconds.

    Linux has a priority for each thread; elsewhere, nothing changes.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        lower = min(os.getpriority(os.PRIO_PROCESS, thread) + _LOWER_PRIORITY, _LOWEST_PRIORITY)
        os.setpriority(os.PRIO_PROCESS, thread, lower)


class Argon2Queue:
    """A bounded pool of threads. Hashing releases the GIL.

    Belongs to one event loop.
    """

    def __init__(self, *, at_once: int = 4, waiting: int = 16) -> None:
        """Run `at_once` computations. Known and unknown clients have `waiting` places each."""
        self._pool = ThreadPoolExecutor(at_once, "argon2", _give_way)
        self._known = Shares(at_once, at_once, waiting=waiting, waiting_each=waiting)
        self._strangers = Shares(
            max(1, at_once - 1),
            _RUNNING_OF_NETWORK,
            waiting=waiting,
            waiting_each=_WAITING_OF_NETWORK,
        )

    async def run(self, work: Callable[[], _T], *, network: str | None = None) -> _T:
        """Run `work` in a thread and return its result. Raises `Crowded` immediately if the queue is full.

        `network` is an unknown client's network, or None for a known client. A canceled caller leaves the
        queue if its work hasn't started. Running work keeps its place until it is done, because it uses its
        memory until then.
        """
        shares, key = (self._known, _KNOWN) if network is None else (self._strangers, network)
        await shares.wait(key)
        try:
            future = self._pool.submit(work)
        except BaseException:
            shares.give_back(key)
            raise
        loop = asyncio.get_running_loop()

        def leave(_done: Future[Any]) -> None:
            try:
                loop.call_soon_threadsafe(shares.give_back, key)
            except RuntimeError:  # The event loop has ended, so no caller is waiting anymore.
                shares.give_back(key)

        future.add_done_callback(leave)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Wait for running work, drop waiting work, and end the threads."""
        self._pool.shutdown(cancel_futures=True)
