"""Coalesces work: items that arrive while a batch runs form the next batch."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 64
"""The maximum size of a batch. In a larger batch, the first item would wait too long for the last."""

_Waiting = tuple[Item, asyncio.Future[Result]]


class Batches(Generic[Item, Result]):
    """Groups items by key, and runs one batch per key at a time.

    There is no timer: a single item runs immediately, and items that arrive while it runs form the next
    batch. A busy key therefore needs one transaction per batch, and an idle key needs one per item. Keys wait
    for each other only if `at_once` batches are already running.
    """

    def __init__(
        self, run: Callable[[Hashable, list[Item]], Awaitable[list[Result]]], *, at_once: int
    ) -> None:
        """`run` takes a key and its items and returns a result for each, in order."""
        self._run = run
        self._waiting: dict[Hashable, list[_Waiting[Item, Result]]] = {}
        self._share = asyncio.Semaphore(at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    async def submit(self, key: Hashable, item: Item) -> Result:
        """Process an item in a batch with others that have the same key. Raises this item's error, if any."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(key)
        if waiting is not None:
            waiting.append((item, future))
        else:
            self._waiting[key] = [(item, future)]
            task = asyncio.create_task(self._drain(key))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return await future

    async def _drain(self, key: Hashable) -> None:
        """Run the key's batches until no item is waiting. The key is active as long as its list exists."""
        while self._waiting[key]:
            async with self._share:
                waiting = self._waiting[key]
                batch, self._waiting[key] = waiting[:MOST], waiting[MOST:]
                await self._settle(key, batch)
        del self._waiting[key]

    async def _settle(self, key: Hashable, batch: list[_Waiting[Item, Result]]) -> None:
        try:
            results = await self._run(key, [item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 -- passed on to the waiting callers
            if len(batch) > 1:
                # One item must not make the others fail: retry each in a separate batch.
                for waiting in batch:
                    await self._settle(key, [waiting])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)
