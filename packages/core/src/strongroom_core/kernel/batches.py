"""Work that arrives while the same kind of work is under way is done together, next."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST = 64
"""Items in one batch. More would make the first of them wait for the last."""

_Waiting = tuple[Item, asyncio.Future[Result]]


class Batches(Generic[Item, Result]):
    """Gathers items by key, and runs one batch of a key at a time.

    There is no timer: a lone item goes at once, and what comes meanwhile forms the next batch, so a
    busy key pays for one transaction what an idle one pays for each. Keys do not wait for each
    other, but for a share of the database's connections.
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
        """Have the item done with others of its key. Raises what its batch raised for it."""
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
        """Run batches of the key until none waits. It is under way as long as its list exists."""
        while self._waiting[key]:
            async with self._share:
                waiting = self._waiting[key]
                batch, self._waiting[key] = waiting[:MOST], waiting[MOST:]
                await self._settle(key, batch)
        del self._waiting[key]

    async def _settle(self, key: Hashable, batch: list[_Waiting[Item, Result]]) -> None:
        try:
            results = await self._run(key, [item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 -- it belongs to whoever waits
            if len(batch) > 1:
                # One item must not spoil the others: each is tried once more by itself.
                for waiting in batch:
                    await self._settle(key, [waiting])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            if not future.done():
                future.set_result(result)
