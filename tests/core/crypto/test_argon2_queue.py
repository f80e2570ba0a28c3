"""Expensive hashing has limited capacity; any request above the limit is rejected before work starts."""

import asyncio
import os
import sys
import threading

import pytest

from strongroom_core.crypto.argon2_queue import Argon2Queue
from strongroom_core.kernel.errors import Crowded

PATIENCE = 30.0


class Worked:
    """Work that waits until it is released, and counts its total and concurrent runs."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.runs = self.running = self.most = 0

    def __call__(self) -> int:
        """Count this run, and wait until it is released."""
        with self.lock:
            self.runs += 1
            self.running += 1
            self.most = max(self.most, self.running)
        self.begun.release()
        assert self.go.wait(PATIENCE)
        with self.lock:
            self.running -= 1
        return self.runs

    async def has_begun(self) -> None:
        """Wait until one more run has started."""
        assert await asyncio.to_thread(self.begun.acquire, timeout=PATIENCE)


async def _room(queue: Argon2Queue, work: Worked) -> int:
    """Return how many items fit into the queue, and release them."""
    tasks = list[asyncio.Task[int]]()
    while not (tasks and tasks[-1].done()):
        tasks.append(asyncio.create_task(queue.run(work)))
        await asyncio.sleep(0)
    with pytest.raises(Crowded):
        await tasks.pop()
    work.go.set()
    await asyncio.gather(*tasks)
    return len(tasks)


@pytest.mark.asyncio
async def test_a_full_queue_rejects_before_computing() -> None:
    """A-2: at most four run and sixteen wait; the next is rejected and its work never starts."""
    queue, work = Argon2Queue(), Worked()

    assert await _room(queue, work) == 20
    assert work.runs == 20
    assert work.most <= 4
    queue.close()


@pytest.mark.asyncio
async def test_finished_work_frees_its_place() -> None:
    """Requests are rejected only while the queue is full; work that fails also frees its place."""
    queue = Argon2Queue(at_once=1, waiting=1)

    def fails() -> None:
        raise LookupError("marker")

    for _ in range(10):
        with pytest.raises(LookupError, match="marker"):
            await queue.run(fails)
    for _ in range(2):
        assert await _room(queue, Worked()) == 2
    queue.close()


@pytest.mark.asyncio
async def test_a_disconnected_caller_frees_its_place_in_the_queue() -> None:
    """A caller that disconnects frees its place in the queue, but work that is running keeps its thread."""
    queue, work = Argon2Queue(at_once=1, waiting=1), Worked()
    running = asyncio.create_task(queue.run(work))
    await work.has_begun()
    waiting = asyncio.create_task(queue.run(work))
    await asyncio.sleep(0)
    with pytest.raises(Crowded):
        await queue.run(work)
    waiting.cancel()
    running.cancel()
    await asyncio.wait([waiting, running])
    replacement = asyncio.create_task(queue.run(work))
    await asyncio.sleep(0)
    with pytest.raises(Crowded):
        await queue.run(work)
    work.go.set()
    await replacement

    assert work.runs == 2
    assert work.most == 1
    queue.close()


@pytest.mark.asyncio
async def test_hashing_does_not_block_the_loop() -> None:
    """Other requests continue while a password is being hashed."""
    queue, work = Argon2Queue(at_once=1, waiting=0), Worked()
    task = asyncio.create_task(queue.run(work))
    await work.has_begun()

    assert not task.done()
    work.go.set()
    assert await task == 1
    queue.close()


@pytest.mark.asyncio
async def test_a_closed_queue_reports_that_it_is_closed() -> None:
    """A closed queue always reports that it is closed, not that it is busy."""
    queue = Argon2Queue(at_once=1, waiting=0)
    queue.close()

    for _ in range(3):
        with pytest.raises(RuntimeError, match="shutdown"):
            await queue.run(Worked())


@pytest.mark.asyncio
async def test_unknown_clients_leave_places_for_known_ones() -> None:
    """A-6: unknown clients, from any number of networks, leave one of the four threads free."""
    queue, work = Argon2Queue(), Worked()
    strangers = [
        asyncio.create_task(queue.run(work, network=f"127.0.0.{number % 50}"))
        for number in range(100)
    ]
    for _ in range(3):
        await work.has_begun()
    known = asyncio.create_task(queue.run(work))
    await work.has_begun()
    waiting = [asyncio.create_task(queue.run(work)) for _ in range(16)]
    await asyncio.sleep(0.1)
    refused = [task for task in strangers if task.done()]
    work.go.set()
    await asyncio.gather(known, *waiting)

    assert 100 - 3 - 16 == len(refused)
    assert {Crowded} == {type(task.exception()) for task in refused}
    await asyncio.gather(*strangers, return_exceptions=True)
    queue.close()


@pytest.mark.asyncio
async def test_one_network_leaves_places_for_others() -> None:
    """A-6: a hundred attempts from one network leave places for other networks."""
    queue, work = Argon2Queue(), Worked()
    many = [asyncio.create_task(queue.run(work, network="127.0.0.1")) for _ in range(100)]
    await work.has_begun()
    other = asyncio.create_task(queue.run(work, network="127.0.0.2"))
    await asyncio.sleep(0.1)
    refused = [task for task in many if task.done()]
    work.go.set()
    await other
    await asyncio.gather(*many, return_exceptions=True)

    assert 100 - 2 - 4 == len(refused)
    queue.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a priority for each thread")
async def test_its_threads_give_way_to_requests() -> None:
    """A-6: Argon2 runs at a lower priority than the thread that serves requests."""

    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    queue, here = Argon2Queue(at_once=1), priority()
    there = await queue.run(priority)
    queue.close()

    assert min(here + 10, 19) == there
    assert here == priority()
