"""Reads over time, counted in buckets, some of which are empty (L-4)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from typing import Any

import pytest

from strongroom_core.audit.chart import Bucket, Span, reads_over_time
from strongroom_core.core import Core
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Refused
from strongroom_testkit.world import World

from .conftest import read, with_rights

SIZES = {Span.DAY: (900, 96), Span.WEEK: (3600, 168), Span.MONTH: (14400, 180)}

AGES = {
    timedelta(days=31): None,
    timedelta(days=8): (1, 0),
    timedelta(days=2): (0, 2),
    timedelta(hours=3): (2, 1),
    timedelta(0): (1, 0),
}
"""How long ago each read was delivered or denied. None means delivered, but too old for any chart."""


@pytest.fixture
async def reads(world: World, clock: MovableClock, history: Any) -> MovableClock:
    """Reads at several times before a moment that isn't the start of a bucket."""
    minutes = clock.now().minute
    clock.move(timedelta(days=40, minutes=7 - minutes % 15))
    now, machine = clock.now(), history["machine"]
    for age, counts in AGES.items():
        clock.move(now - age - clock.now())
        delivered, refused = counts or (1, 0)
        for _ in range(delivered):
            await read(world, machine, history["stripe"], "10.1.2.3")
        for _ in range(refused):
            await read(world, machine, history["billing"], "10.1.2.3")
    return clock


@pytest.mark.parametrize(
    ("span", "ages"), [(Span.DAY, 2), (Span.WEEK, 3), (Span.MONTH, 4)], ids=list(Span)
)
async def test_each_read_in_its_bucket(
    core: Core, viewing_core: Core, world: World, reads: MovableClock, span: Span, ages: int
) -> None:
    """L-4: buckets align with UTC, none is left out, and the last one contains the present."""
    viewing_core.clock, now = core.clock, reads.now()
    chart = await reads_over_time(viewing_core, world.owner, span)
    step, number = SIZES[span]
    delivered, refused = Counter[int](), Counter[int]()
    for age, counts in list(AGES.items())[-ages:]:
        at = int((now - age).timestamp())
        delivered[at - at % step] += (counts or (0, 0))[0]
        refused[at - at % step] += (counts or (0, 0))[1]
    expected = {start: (delivered[start], refused[start]) for start in delivered}
    filled = {
        int(bucket.start.timestamp()): (bucket.delivered, bucket.refused)
        for bucket in chart.buckets
        if bucket.delivered or bucket.refused
    }
    starts = [bucket.start for bucket in chart.buckets]
    first = starts[0]

    assert (span, step, number) == (chart.span, chart.step, len(chart.buckets))
    assert expected == filled
    assert [first + timedelta(seconds=step) * each for each in range(number)] == starts
    assert UTC == first.tzinfo
    assert 0 == int(first.timestamp()) % step
    assert starts[-1] <= now < starts[-1] + timedelta(seconds=step)
    assert (delivered.total(), refused.total()) == (chart.delivered, chart.refused)


async def test_the_edges_of_a_bucket(core: Core, world: World, history: Any) -> None:
    """L-4: a read at a bucket's start belongs to that bucket; a microsecond earlier, to the previous one."""
    start = core.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    clock = core.clock = MovableClock(start - timedelta(microseconds=1))
    await read(world, history["machine"], history["stripe"], "10.1.2.3")
    clock.move(timedelta(microseconds=1))
    await read(world, history["machine"], history["stripe"], "10.1.2.3")
    chart = await reads_over_time(core, world.owner, Span.DAY)

    assert [
        Bucket(start=start - timedelta(minutes=15), delivered=1, refused=0),
        Bucket(start=start, delivered=1, refused=0),
    ] == chart.buckets[-2:]


async def test_only_visible_reads_are_counted(
    viewing_core: Core, world: World, other_world: World, history: Any
) -> None:
    """V-7, L-4, O-1: other vaults' reads are excluded; users limited to their own events see none."""
    own = with_rights(world.owner, VaultCapability.AUDIT_VIEW)
    sums: list[tuple[int, int]] = []
    for caller in (world.owner, other_world.owner, own):
        chart = await reads_over_time(viewing_core, caller, Span.DAY)
        sums.append((chart.delivered, chart.refused))

    assert [(3, 1), (0, 0), (0, 0)] == sums
    with pytest.raises(Refused):
        await reads_over_time(viewing_core, with_rights(world.owner), Span.DAY)
