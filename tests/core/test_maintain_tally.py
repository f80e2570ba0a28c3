"""Last read and read counts, tallied from the audit log: exact even under concurrency (S-9)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import Refused
from strongroom_core.machines.listing import read_machine
from strongroom_core.maintain import tally_reads
from strongroom_core.reading.batch import read_batch, read_secret_value
from strongroom_core.reading.facts import Request
from strongroom_testkit.machine import TestMachine, approved_machine, granted_machine
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World


async def read(world: World, machine: TestMachine, secret: Any, times: int = 1) -> None:
    """Read a secret several times."""
    for _ in range(times):
        await read_secret_value(world.core, await machine.caller(world), secret.id)


async def figures(administrator: OpenConnection) -> dict[str, tuple[int, str | None]]:
    """Return each secret's read count and last reader."""
    rows = await administrator.fetch("select name, read_count, last_read_by from secret")
    return {row["name"]: (row["read_count"], row["last_read_by"]) for row in rows}


async def test_reads_are_counted_from_the_events(
    world: World, administrator: OpenConnection
) -> None:
    """S-9: a secret shows its last reader, last read and read count; each read is counted exactly once."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    first = await granted_machine(world, project, a, b, hostname="web-1")
    second = await granted_machine(world, project, a, hostname="web-2")
    await tally_reads(world.core)
    await read(world, first, a, 2)
    await read(world, second, a)
    await read(world, first, b)

    assert [4, 0] == [await tally_reads(world.core), await tally_reads(world.core)]
    assert {"A": (3, "web-2"), "B": (1, "web-1")} == await figures(administrator)
    await read(world, first, a)
    assert 1 == await tally_reads(world.core)
    assert {"A": (4, "web-1"), "B": (1, "web-1")} == await figures(administrator)
    entries = await world.entries("secret_read")
    seen = await read_machine(world.core, world.owner, str(first.id))
    assert entries[-1]["at"] == seen.last_seen_at


async def test_denied_attempts_are_not_counted(world: World, administrator: OpenConnection) -> None:
    """S-9: only reads that delivered a value are counted."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await approved_machine(world)
    with pytest.raises(Refused):
        await read(world, machine, secret)

    assert 0 == await tally_reads(world.core)
    assert {"A": (0, None)} == await figures(administrator)


async def test_two_tallies_at_once_count_once(world: World, administrator: OpenConnection) -> None:
    """S-9: of two simultaneous tallies, the second waits for the first and finds nothing left to count."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    await tally_reads(world.core)
    await read(world, machine, secret, 5)
    counted = await asyncio.gather(*(tally_reads(world.core) for _ in range(4)))

    assert [0, 0, 0, 5] == sorted(counted)
    assert {"A": (5, "web-1")} == await figures(administrator)


async def test_a_read_that_commits_late_is_counted(
    world: World, administrator: OpenConnection
) -> None:
    """S-9: a read that began before another and ended after the tally is still counted."""
    project = await world.project("billing")
    late, soon = await world.secret(project, "LATE"), await world.secret(project, "SOON")
    machine = await granted_machine(world, project, late, soon)
    other = await granted_machine(world, project, soon, hostname="web-2")
    await tally_reads(world.core)
    # Stop the first read between its lookup and its commit; the other one takes a different path.
    await administrator.execute("begin")
    await administrator.execute("select from secret_grant where secret = $1 for update", late.id)
    reading = asyncio.create_task(read(world, machine, late))
    await until_waiting(administrator)
    # Requests in one vault are batched, so the second one is made without the queue.
    await read_batch(world.core, [Request(await other.caller(world), soon.id)])
    early = await tally_reads(world.core)
    await administrator.execute("commit")
    await reading
    rest = await tally_reads(world.core)

    assert 2 == early + rest
    assert {"LATE": (1, "web-1"), "SOON": (1, "web-2")} == await figures(administrator)


async def test_reads_are_counted_per_vault(
    world: World, other_world: World, administrator: OpenConnection
) -> None:
    """V-7: one tally covers all vaults, and each read is counted in its own vault."""
    for each, name, times in ((world, "MINE", 2), (other_world, "THEIRS", 3)):
        project = await each.project("billing")
        secret = await each.secret(project, name)
        await read(each, await granted_machine(each, project, secret), secret, times)

    assert 5 == await tally_reads(world.core)
    assert {"MINE": (2, "web-1"), "THEIRS": (3, "web-1")} == await figures(administrator)
