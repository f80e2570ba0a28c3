"""Combines work into batches: items that arrive while a batch runs form the next one. Senders take turns."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 64
"""The maximum size of a batch. In a larger batch, the first item would wait too long for the last."""

ObserveBatch = Callable[[int, float], None]
"""A callback that receives the number of items in each batch and the batch's duration in seconds."""

_Waiting = tuple[int, Any, asyncio.Future[Any]]


def ignore_batch(_items: int, _seconds: float) -> None:
    """Ignore a batch's measurements."""


class Batches:
    """Groups items by key, and runs one batch per key at a time.

    There is no timer. A single item runs immediately, and items that arrive while it runs form the next
    batch. A busy key therefore needs one transaction per batch, and an idle key needs one per item. Keys wait
    for each other only if `at_once` batches are already running.

    Within a key, each sender has its own queue, and the queues take turns (fair queuing). However many items
    one sender has waiting, another sender's next item is in the next batch.
    """

    def __init__(self, *, at_once: int, observe: ObserveBatch = ignore_batch) -> None:
        self._observe = observe
        self._lines: dict[Hashable, dict[Hashable, deque[_Waiting]]] = {}
        self._share = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()
        self._arrived = 0

    def put(
        self,
        key: Hashable,
        sender: Hashable,
        item: Item,
        run: Callable[[list[Item]], Awaitable[list[Result]]],
    ) -> asyncio.Future[Result]:
        """Queue an item for its key's next batch, and return a future for its result or error.

        `run` takes the items of a batch in the order of their arrival, and returns a result for each. It must
        be the same for all items.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        lines = self._lines.get(key)
        if lines is None:
            lines = self._lines[key] = {}
            task = asyncio.create_task(self._drain(key, run))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        line = lines.get(sender)
        if line is None:
            line = lines[sender] = deque()
        self._arrived += 1
        line.append((self._arrived, item, future))
        return future

    async def _drain(self, key: Hashable, run: Callable[[list[Any]], Awaitable[list[Any]]]) -> None:
        """Run the key's batches until no item is waiting. The key is active as long as it has queues."""
        lines = self._lines[key]
        while lines:
            async with self._share:
                batch = _take_turns(lines)
                if batch:
                    started = time.perf_counter()
                    await _settle(run, batch)
                    self._observe(len(batch), time.perf_counter() - started)
        del self._lines[key]


def _take_turns(lines: dict[Hashable, deque[_Waiting]]) -> list[_Waiting]:
    """Take up to `MOST` items, one from each queue in turn, and return them in order of arrival."""
    batch: list[_Waiting] = []
    while lines and len(batch) < MOST:
        sender = next(iter(lines))
        line = lines.pop(sender)
        waiting = line.popleft()
        if not waiting[2].cancelled():
            batch.append(waiting)
        if line:
            lines[sender] = line  # Move this queue to the end of the rotation.
    batch.sort(key=_arrival)
    return batch


def _arrival(waiting: _Waiting) -> int:
    return waiting[0]


async def _settle(run: Callable[[list[Any]], Awaitable[list[Any]]], batch: list[_Waiting]) -> None:
    try:
        results = await run([item for _, item, _ in batch])
    except Exception as error:  # noqa: BLE001 -- passed on to the waiting callers
        if len(batch) > 1:
            # One item must not make the others fail, so each is retried in a separate batch.
            for waiting in batch:
                await _settle(run, [waiting])
        elif not batch[0][2].done():
            batch[0][2].set_exception(error)
        return
    for (_, _, future), result in zip(batch, results, strict=True):
        if not future.done():
            future.set_result(result)
