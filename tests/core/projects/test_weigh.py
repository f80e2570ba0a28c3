"""The numbers of objects that an act on a whole project would affect (V-3, V-4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import NotFound
from strongroom_core.projects.views import ProjectWeight
from strongroom_core.projects.weigh import weigh_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import blind_core
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World


async def test_a_project_is_weighed(core: Core, world: World, clock: MovableClock) -> None:
    """V-3, V-4: live secrets, versions, machines, grants, and reads in the last hour and day are counted."""
    project, other = await world.project("shop"), await world.project("other")
    one, two = await world.secret(project, "ONE"), await world.secret(project, "TWO")
    await world.trashed_secret(project, "GONE")
    elsewhere = await world.secret(other, "ELSEWHERE")
    machine = await granted_machine(world, project, one, two)
    reader = await granted_machine(world, other, elsewhere, hostname="web-2")
    await read_secret_value(core, await machine.caller(world), one.id)
    clock.move(timedelta(hours=2))
    await read_secret_value(core, await machine.caller(world), two.id)
    await read_secret_value(core, await reader.caller(world), elsewhere.id)
    weight = await weigh_project(blind_core(core), world.owner, project.id)

    assert weight == ProjectWeight(
        secrets=2,
        labelled=0,
        versions=2,
        machines=1,
        readers=1,
        grants=2,
        reads_hour=1,
        reads_day=2,
        machines_day=1,
    )


async def test_another_vaults_project_is_not_found(world: World, other_world: World) -> None:
    """V-7: another vault's project isn't found."""
    project = await world.project("shop")
    with pytest.raises(NotFound):
        await weigh_project(other_world.core, other_world.owner, project.id)
