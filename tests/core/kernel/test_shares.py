"""A scarce resource is shared fairly, with limits for each key and in total."""

from __future__ import annotations

import asyncio

import pytest

from strongroom_core.kernel.errors import Crowded
from strongroom_core.kernel.shares import Shares


async def settled() -> None:
    """Let every task run until it has to wait."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_each_and_the_sum_are_bounded() -> None:
    """No key takes more than its share, and all together take no more than the total."""
    shares = Shares(10, 4)
    taken = [shares.take(key, 2) for key in "aaabbbcccd"]

    assert [True, True, False, True, True, False, True, False, False, False] == taken
    assert 10 == shares.held


def test_no_share_is_lost() -> None:
    """No share is lost in many rounds of any size."""
    shares = Shares(10, 10)
    for size in [*range(1, 11)] * 3:
        assert shares.take("a", size)
        shares.give_back("a", size)

    assert 0 == shares.held
    assert shares.take("b", 10)


async def test_keys_have_their_turns_one_after_the_other() -> None:
    """A key with a hundred waiting requests doesn't delay another key's only request."""
    shares, served = Shares(1, 1, waiting=20, waiting_each=10), list[str]()

    async def act(key: str) -> None:
        async with shares.turn(key):
            served.append(key)
            await asyncio.sleep(0)

    tasks = [asyncio.create_task(act(key)) for key in "aaaaabbc"]
    await asyncio.gather(*tasks)

    assert "aabcabaa" == "".join(served)
    assert 0 == shares.held


async def test_a_line_has_an_end() -> None:
    """The queues of one key and of all keys are limited; beyond that, requests are rejected immediately."""
    shares = Shares(1, 1, waiting=3, waiting_each=2)
    assert shares.take("a")
    tasks = [asyncio.create_task(shares.wait(key)) for key in "aaabb"]
    await settled()
    refused = [task.done() and isinstance(task.exception(), Crowded) for task in tasks]
    shares.give_back("a")
    await settled()

    assert [False, False, True, False, True] == refused
    assert tasks[0].done()
    for task in tasks:
        task.cancel()


@pytest.mark.parametrize("when", ["in line", "as its turn comes"])
async def test_a_disconnected_client_gives_up_its_share(when: str) -> None:
    """A client that disconnects gives up its place, or the share that it just got."""
    shares = Shares(1, 1, waiting=2, waiting_each=2)
    assert shares.take("a")
    leaving, staying = (asyncio.create_task(shares.wait(key)) for key in "bc")
    await settled()
    if when == "in line":
        leaving.cancel()
        shares.give_back("a")
    else:
        shares.give_back("a")
        leaving.cancel()
    await settled()

    assert leaving.cancelled()
    assert staying.done()
    assert 1 == shares.held
    assert 0 == shares._waiting


async def test_a_limited_key_does_not_delay_others() -> None:
    """A key that uses its full share waits, while other keys are served."""
    shares = Shares(3, 1, waiting=3, waiting_each=3)
    assert shares.take("a")
    waiting = asyncio.create_task(shares.wait("a"))
    await settled()
    await shares.wait("b")
    shares.give_back("b")
    await settled()

    assert not waiting.done()
    shares.give_back("a")
    await asyncio.wait_for(waiting, 5)
