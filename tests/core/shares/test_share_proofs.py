"""Full counts for shares: races over two nodes, and failures that take equally long (T-2, T-3)."""

from __future__ import annotations

import asyncio
import os
import time
from statistics import median
from typing import TYPE_CHECKING

import pytest

from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.kernel.errors import Gone
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.shares.open import open_share

from .test_shares import WRONG, opening, share, state, stranger

if TYPE_CHECKING:
    from strongroom_core.settings import Settings
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

ROUNDS = int(os.environ.get("STRONGROOM_SHARE_ROUNDS", "200"))
PAIRS = int(os.environ.get("STRONGROOM_SHARE_PAIRS", "500"))
AT_ONCE = 100

pytestmark = pytest.mark.prove


async def test_of_a_hundred_at_once_one_gets_it(
    world: World, settings: Settings, cluster: Cluster
) -> None:
    """T-2: a hundred parallel openings over two nodes' pools: one success in each round."""
    other = await open_core(settings)
    other.passwords = PasswordHasher(cost=PasswordCost(memory=64, passes=1))
    await unseal(other, cluster.root)
    try:
        for _ in range(ROUNDS):
            made, value = await share(world)
            results = await asyncio.gather(
                *(opening((world.core, other)[n % 2], made) for n in range(AT_ONCE)),
                return_exceptions=True,
            )
            texts = [each.text for each in results if not isinstance(each, BaseException)]

            assert texts == [value]
            assert await state(world, made) == ("opened", 0)
    finally:
        await other.database.close()


async def test_failures_take_equally_long(world: World) -> None:
    """T-3: the medians of a used and an unknown link, in interleaved pairs, are close to each other."""
    made, _ = await share(world)
    await opening(world.core, made)
    times: dict[str, list[float]] = {made.locator: [], "A" * 22: []}
    for _ in range(PAIRS):
        for locator, spent in times.items():
            by, started = stranger(), time.perf_counter()
            with pytest.raises(Gone):
                await open_share(world.core, by, locator=locator, key=made.key, passphrase=WRONG)
            spent.append(time.perf_counter() - started)
    used, unknown = (median(each) * 1000 for each in times.values())
    print(f"\nmedians of {PAIRS} pairs: used {used:.3f} ms, unknown {unknown:.3f} ms")

    assert abs(used - unknown) < 0.1 * max(used, unknown)
