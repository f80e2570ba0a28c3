"""Two processes on machines whose clocks are an hour fast and an hour slow (R-3, P-2, S-7).

The time comes from the database, so they must behave like processes whose clocks are right.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_testkit.api_process import WORKER, ApiProcess
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.policies import enforced

HOUR = timedelta(hours=1)
OFFSETS = ("+3600", "-3600")
TWICE = 20
"""How many requests are sent to both processes."""

ENDS_AFTER = timedelta(seconds=6)
ALL_DAY = {
    "time_window_enabled": True,
    "time_window_timezone": "UTC",
    "time_window_days": [1, 2, 3, 4, 5, 6, 7],
}


@pytest.fixture
def wrong_clocks() -> list[dict[str, str]]:
    """The environments of two machines: the clock of one is an hour ahead, that of the other behind."""
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        pytest.skip("libfaketime is not installed (Debian: apt-get install libfaketime)")
    shim = {
        "LD_PRELOAD": str(library),
        "DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    return [{**shim, "FAKETIME": offset} for offset in OFFSETS]


@pytest.fixture
async def wrong(nodes: Any, wrong_clocks: list[dict[str, str]]) -> AsyncIterator[list[str]]:
    """The URLs of two processes with these clocks."""
    starting = (
        ApiProcess.start(nodes.cluster, nodes.database, nodes.folder, settings=each)
        for each in wrong_clocks
    )
    processes = await asyncio.gather(*starting)
    yield [each.url or "" for each in processes]
    for each in processes:
        each.kill()


async def test_wrong_clocks_change_nothing(nodes: Any, wrong: list[str]) -> None:
    """R-3, P-2: no replay is accepted, and no window or time to live begins or ends early or late."""
    world = nodes.world
    clock = world.core.clock
    project = await world.project("two clocks")
    names = ("PLAIN", "OPEN", "SOON", "OVER", "ENDS")
    secrets = {name: await world.secret(project, name) for name in names}
    machine = await granted_machine(world, project, *secrets.values())
    now = clock.now()

    def window(begin: int, end: int) -> dict[str, Any]:
        times = [f"{now + timedelta(minutes=minutes):%H:%M}" for minutes in (begin, end)]
        return {**ALL_DAY, "time_window_start": times[0], "time_window_end": times[1]}

    # The second window is open for the clock that is ahead, and the third for the one that is behind.
    await enforced(world, project, secrets["OPEN"], **window(-10, 10))
    await enforced(world, project, secrets["SOON"], **window(30, 90))
    await enforced(world, project, secrets["OVER"], **window(-90, -30))
    ends = clock.now() + ENDS_AFTER
    await enforced(world, project, secrets["ENDS"], ttl_expires_at=ends)
    async with (
        httpx.AsyncClient(base_url=wrong[0]) as ahead,
        httpx.AsyncClient(base_url=wrong[1]) as behind,
    ):

        async def get(client: httpx.AsyncClient, name: str, by: timedelta = timedelta()) -> int:
            path = f"/v1/secret/{secrets[name].id}"
            at = int((clock.now() + by).timestamp())
            return (await client.get(path, headers=machine.headers("GET", path, at=at))).status_code

        async def both(name: str, by: timedelta = timedelta()) -> list[int]:
            return [await get(client, name, by) for client in (ahead, behind)]

        assert await both("ENDS") == [200, 200]
        assert await both("OPEN") == [200, 200]
        assert await both("SOON") == [403, 403]
        assert await both("OVER") == [403, 403]
        assert await both("PLAIN", HOUR) == [401, 401]
        assert await both("PLAIN", -HOUR) == [401, 401]
        path, statuses = f"/v1/secret/{secrets['PLAIN'].id}", Counter[tuple[int, ...]]()
        for number in range(TWICE):
            headers = machine.headers("GET", path, at=int(clock.now().timestamp()))
            sent = [*permutations((ahead, behind))][number % 2]
            answers = await asyncio.gather(*(each.get(path, headers=headers) for each in sent))
            statuses[tuple(sorted(each.status_code for each in answers))] += 1
        assert statuses == {(200, 401): TWICE}
        left = (ends - clock.now()).total_seconds()
        if left > 1:
            await asyncio.sleep(left - 1)
            assert await both("ENDS") == [200, 200]
        await asyncio.sleep(max(0, (ends - clock.now()).total_seconds()) + 0.05)
        assert await both("ENDS") == [404, 404]


@pytest.mark.prove
async def test_workers_with_wrong_clocks_purge_nothing_early(
    nodes: Any, wrong_clocks: list[dict[str, str]], superuser: OpenConnection
) -> None:
    """S-7: for two minutes, two workers delete only what has been in the trash for 30 days."""
    world = nodes.world
    project = await world.project("purged")
    kept, due = (
        await world.trashed_secret(project, "KEPT"),
        await world.trashed_secret(project, "DUE"),
    )
    set_back = "update secret set trashed_at = clock_timestamp() - $2::interval where id = $1"
    month = timedelta(days=30)
    await superuser.execute(set_back, kept.id, month - timedelta(minutes=30))
    await superuser.execute(set_back, due.id, month + timedelta(minutes=1))
    starting = (
        ApiProcess.start(nodes.cluster, nodes.database, nodes.folder, part=WORKER, settings=each)
        for each in wrong_clocks
    )
    workers = await asyncio.gather(*starting)
    try:
        await asyncio.sleep(130)
        left = await superuser.fetch("select name from secret where project = $1", project.id)
    finally:
        for each in workers:
            each.kill()

    assert [row["name"] for row in left] == ["KEPT"]
