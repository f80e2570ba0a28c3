"""A machine's recent activity (M-8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import astuple

from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import NotFound, Refused
from strongroom_core.machines.use import LATELY, read_machine_use
from strongroom_core.machines.views import MachineUse
from strongroom_core.maintain import tally_reads
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import blind_core
from strongroom_testkit.machine import approved_machine, granted_machine
from strongroom_testkit.world import World

NOTHING = MachineUse(reads=0, refusals=0, last_read_at=None, address=None, country=None)


async def test_one_that_never_read(world: World) -> None:
    """M-8: a machine that was only approved has no activity."""
    machine = await approved_machine(world)

    assert NOTHING == await read_machine_use(world.core, world.owner, str(machine.id))


async def test_reads_and_denials_of_the_last_hour(world: World, clock: MovableClock) -> None:
    """M-8: activity shows a machine's reads, denials and last read with address; *blind* can query it."""
    project = await world.project("billing")
    granted, withheld = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, granted, hostname="web-1")
    neighbor = await granted_machine(world, project, granted, hostname="web-2")
    for address in ("127.0.0.21", "127.0.0.22"):
        await read_secret_value(
            world.core, await machine.caller(world, address=address), granted.id
        )
        clock.move(timedelta(seconds=1))
    with pytest.raises(Refused):
        await read_secret_value(world.core, await machine.caller(world), withheld.id)
    await read_secret_value(world.core, await neighbor.caller(world), granted.id)
    use = await read_machine_use(blind_core(world.core), world.owner, str(machine.id))

    last = clock.now() - timedelta(seconds=1)
    assert (2, 1, last, "127.0.0.22", None) == astuple(use)


@pytest.mark.parametrize("refused_since", [False, True])
async def test_the_last_read_is_older_than_an_hour(
    world: World, clock: MovableClock, *, refused_since: bool
) -> None:
    """S-9: the audit log still shows the address after the read was tallied."""
    project = await world.project("billing")
    granted, withheld = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, granted)
    await read_secret_value(
        world.core, await machine.caller(world, address="127.0.0.21"), granted.id
    )
    at = clock.now()
    await tally_reads(world.core)
    clock.move(LATELY + timedelta(seconds=1))
    if refused_since:
        with pytest.raises(Refused):
            await read_secret_value(world.core, await machine.caller(world), withheld.id)
    use = await read_machine_use(world.core, world.owner, str(machine.id))

    assert (0, int(refused_since), at, "127.0.0.21", None) == astuple(use)


async def test_another_vaults_machine(world: World, other_world: World) -> None:
    """V-7: another vault's machine gives the same error as one that never existed."""
    theirs = await approved_machine(other_world)
    with pytest.raises(NotFound):
        await read_machine_use(world.core, world.owner, str(theirs.id))
