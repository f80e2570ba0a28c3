"""Expensive hashing has bounded room, and whoever finds none is told before anything is spent."""

import asyncio
import threading

import pytest

from strongroom_core.crypto.argon2_queue import Argon2Queue
from strongroom_core.kernel.errors import Crowded

PATIENCE = 30.0


class Worked:
    """Work that counts how often it ran, how much of it at once, and waits to be let go."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.runs = self.running = self.most = 0

    def __call__(self) -> int:
        """Do the work."""
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
        """Wait until one more run has begun."""
        assert await asyncio.to_thread(self.begun.acquire, timeout=PATIENCE)


async def _room(queue: Argon2Queue, work: Worked) -> int:
    """Count how much can be put in until the queue is full; the entries are then let go."""
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
async def test_a_full_queue_refuses_before_the_work() -> None:
    """A-2: at most four run and sixteen wait; the next is refused and its work never begins."""
    queue, work = Argon2Queue(), Worked()

    assert await _room(queue, work) == 20
    assert work.runs == 20
    assert work.most <= 4
    queue.close()


@pytest.mark.asyncio
async def test_room_comes_back() -> None:
    """A refusal lasts only as long as the queue is full; failed work gives its room back too."""
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
async def test_a_caller_that_leaves_frees_its_waiting_place_but_not_a_running_one() -> None:
    """Hanging up does not make room for more than four at once, nor hold a place in the queue."""
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
async def test_gives_the_result_and_leaves_the_loop_free() -> None:
    """Other requests go on while somebody's password is hashed."""
    queue, work = Argon2Queue(at_once=1, waiting=0), Worked()
    task = asyncio.create_task(queue.run(work))
    await work.has_begun()

    assert not task.done()
    work.go.set()
    assert await task == 1
    queue.close()


@pytest.mark.asyncio
async def test_a_closed_queue_says_so_and_keeps_count() -> None:
    """Work brought after the end fails for that reason, however often, and not as busy."""
    queue = Argon2Queue(at_once=1, waiting=0)
    queue.close()

    for _ in range(3):
        with pytest.raises(RuntimeError, match="shutdown"):
            await queue.run(Worked())
