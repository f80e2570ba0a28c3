"""What a machine has read of late (M-8)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import NotFound, Refused
from strongroom_core.machines.use import LATELY, read_machine_use
from strongroom_core.machines.views import MachineUse
from strongroom_core.operate.blind import blind_core
from strongroom_core.operate.tally import tally_reads
from strongroom_core.secrets.read import read_secret
from strongroom_testkit.machine import approved_machine, granted_machine
from strongroom_testkit.world import World

NOTHING = MachineUse(0, 0, None, None, None)


async def test_one_that_never_read(world: World) -> None:
    """M-8: nothing, of one that was only approved."""
    machine = await approved_machine(world)

    assert NOTHING == await read_machine_use(world.core, world.owner, str(machine.id))


async def test_reads_and_refusals_of_the_last_hour(world: World, clock: MovableClock) -> None:
    """M-8: its own, not its neighbour's; the last read with its address; *blind* can tell."""
    project = await world.project("billing")
    granted, withheld = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, granted, hostname="web-1")
    neighbour = await granted_machine(world, project, granted, hostname="web-2")
    for address in ("127.0.0.21", "127.0.0.22"):
        await read_secret(world.core, await machine.caller(world, address=address), granted.id)
        clock.move(timedelta(seconds=1))
    with pytest.raises(Refused):
        await read_secret(world.core, await machine.caller(world), withheld.id)
    await read_secret(world.core, await neighbour.caller(world), granted.id)
    use = await read_machine_use(blind_core(world.core), world.owner, str(machine.id))

    last = clock.now() - timedelta(seconds=1)
    assert MachineUse(2, 1, last, "127.0.0.22", None) == use


@pytest.mark.parametrize("refused_since", [False, True])
async def test_the_last_read_is_older_than_an_hour(
    world: World, clock: MovableClock, *, refused_since: bool
) -> None:
    """S-9: the record still knows from where, once the read was tallied."""
    project = await world.project("billing")
    granted, withheld = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, granted)
    await read_secret(world.core, await machine.caller(world, address="127.0.0.21"), granted.id)
    at = clock.now()
    await tally_reads(world.core)
    clock.move(LATELY + timedelta(seconds=1))
    if refused_since:
        with pytest.raises(Refused):
            await read_secret(world.core, await machine.caller(world), withheld.id)
    use = await read_machine_use(world.core, world.owner, str(machine.id))

    assert MachineUse(0, int(refused_since), at, "127.0.0.21", None) == use


async def test_another_vaults_machine(world: World, other_world: World) -> None:
    """V-7: it is absent, as one that never was."""
    theirs = await approved_machine(other_world)
    with pytest.raises(NotFound):
        await read_machine_use(world.core, world.owner, str(theirs.id))
