"""Items that arrive while a batch is running form the next batch."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from functools import partial

import pytest

from strongroom_core.kernel.batches import MOST, Batches


class Runner:
    """A worker that records its batches, and holds each until it is released."""

    def __init__(self) -> None:
        self.batches: list[tuple[Hashable, list[int]]] = []
        self.under_way = 0
        self.most_under_way = 0
        self.gate = asyncio.Event()
        self.gate.set()

    def put(self, batches: Batches, key: str, item: int, sender: str = "") -> asyncio.Future[int]:
        """Queue an item."""
        return batches.put(key, sender, item, partial(self.run, key))

    async def run(self, key: Hashable, items: list[int]) -> list[int]:
        """Double each item. A negative item fails, and with it the batch."""
        self.batches.append((key, items))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await self.gate.wait()
            if any(item < 0 for item in items):
                raise ValueError("a negative item")
            return [2 * item for item in items]
        finally:
            self.under_way -= 1


async def settled() -> None:
    """Let every task run until it has to wait."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_single_item_runs_immediately() -> None:
    """DESIGN 5: a single item runs immediately, without a timer."""
    runner = Runner()

    assert 6 == await runner.put(Batches(at_once=1), "a", 3)
    assert [("a", [3])] == runner.batches


async def test_waiting_items_form_the_next_batch() -> None:
    """DESIGN 5: the first item runs alone and all others together, each with its own result, in order."""
    runner = Runner()
    runner.gate.clear()
    batches = Batches(at_once=1)
    waiting = [runner.put(batches, "a", number) for number in range(5)]
    await settled()
    late = [runner.put(batches, "a", number) for number in range(5, 8)]
    await settled()
    before = list(runner.batches)
    runner.gate.set()

    assert [0, 2, 4, 6, 8, 10, 12, 14] == await asyncio.gather(*waiting, *late)
    first = [item for _, items in before for item in items]
    rest = [item for _, items in runner.batches[len(before) :] for item in items]
    assert list(range(8)) == first + rest
    assert 1 == len(before)
    assert 1 == len(runner.batches) - len(before)


async def test_a_batch_has_at_most_64_items() -> None:
    """DESIGN 5: in a larger batch, the first item would wait too long for the last."""
    runner = Runner()
    runner.gate.clear()
    batches = Batches(at_once=1)
    first = runner.put(batches, "a", 0)
    await settled()
    waiting = [runner.put(batches, "a", n) for n in range(1, 2 * MOST + 2)]
    await settled()
    runner.gate.set()
    await asyncio.gather(first, *waiting)

    assert [1, MOST, MOST, 1] == [len(items) for _, items in runner.batches]


async def test_keys_do_not_wait_for_each_other() -> None:
    """DESIGN 5: a slow tenant uses at most its share of connections, and so doesn't delay others."""
    runner = Runner()
    runner.gate.clear()
    batches = Batches(at_once=2)
    tasks = [runner.put(batches, key, 1) for key in "abc"]
    await settled()
    begun = {key for key, _ in runner.batches}
    runner.gate.set()
    await asyncio.gather(*tasks)

    assert {"a", "b"} == begun
    assert {"a", "b", "c"} == {key for key, _ in runner.batches}
    assert 2 == runner.most_under_way


async def test_one_item_does_not_spoil_the_others() -> None:
    """DESIGN 5: a failed batch is retried item by item, and only the item at fault fails."""
    runner = Runner()
    runner.gate.clear()
    batches = Batches(at_once=1)
    tasks = [runner.put(batches, "a", item) for item in (0, 1, -1, 2)]
    await settled()
    runner.gate.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)

    assert [0, 2, 4] == [each for each in outcomes if isinstance(each, int)]
    assert isinstance(outcomes[2], ValueError)
    assert 10 == await runner.put(batches, "a", 5)


async def test_a_disconnected_client_does_not_affect_its_batch() -> None:
    """DESIGN 5: a client that disconnects doesn't affect the other results in its batch."""
    runner = Runner()
    runner.gate.clear()
    batches = Batches(at_once=1)
    tasks = [runner.put(batches, "a", item) for item in range(4)]
    await settled()
    tasks[0].cancel()
    tasks[2].cancel()
    await settled()
    runner.gate.set()

    assert [2, 6] == await asyncio.gather(tasks[1], tasks[3])
    for each in (tasks[0], tasks[2]):
        with pytest.raises(asyncio.CancelledError):
            await each


async def test_senders_take_turns() -> None:
    """R-1: no matter how many items one machine has queued, another's are in the next batch, in order."""
    runner = Runner()
    runner.gate.clear()
    batches = Batches(at_once=1)
    first = runner.put(batches, "a", 0, "loop")
    await settled()
    loop = [runner.put(batches, "a", n, "loop") for n in range(1, 10 * MOST)]
    other = [runner.put(batches, "a", n, "other") for n in (10_000, 10_001)]
    third = runner.put(batches, "a", 20_000, "third")
    await settled()
    runner.gate.set()
    await asyncio.gather(first, *loop, *other, third)
    _, (_, second), *rest = runner.batches

    assert [*range(1, MOST - 2), 10_000, 10_001, 20_000] == second
    assert list(range(MOST - 2, 10 * MOST)) == [item for _, items in rest for item in items]


async def test_what_nobody_waits_for_is_not_run() -> None:
    """R-6: if an export's client has disconnected, the rest of the export is dropped."""
    runner = Runner()
    runner.gate.clear()
    batches = Batches(at_once=1)
    first = runner.put(batches, "a", 0)
    await settled()
    gone = [runner.put(batches, "a", n) for n in range(1, MOST)]
    for each in gone:
        each.cancel()
    last = runner.put(batches, "a", MOST)
    runner.gate.set()
    await asyncio.gather(first, last)

    assert [("a", [0]), ("a", [MOST])] == runner.batches


async def test_each_batch_is_observed() -> None:
    """H-4: the number of items and the duration of each batch are reported once."""
    seen: list[tuple[int, float]] = []
    runner = Runner()
    batches = Batches(at_once=1, observe=lambda items, seconds: seen.append((items, seconds)))
    await asyncio.gather(*(runner.put(batches, "a", n) for n in range(3)))

    assert [3] == [items for items, _ in seen]
    assert all(seconds >= 0 for _, seconds in seen)
