"""Canaries in the dashboard: the tab, their mark, and the recovery after one was read (C-1 to C-4, V-4)."""

from __future__ import annotations

import pytest

from strongroom_core.core import Core
from strongroom_core.projects.views import ProjectView
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.canaries import Trap, replant_canary
from strongroom_core.secrets.views import CanaryView
from strongroom_dashboard.screens.frozen.state import FrozenProject
from strongroom_dashboard.screens.project_canaries.state import ProjectCanaries
from strongroom_dashboard.screens.project_secrets.rights import RE_PLANT
from strongroom_dashboard.screens.project_secrets.state import ProjectSecrets
from strongroom_testkit.machine import TestMachine, grant, granted_machine
from strongroom_testkit.world import World

Scene = tuple[ProjectView, CanaryView, TestMachine]


@pytest.fixture
async def scene(world: World) -> Scene:
    """A project with a secret, and a canary that one machine can read."""
    project = await world.project("billing")
    await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, hostname="ci")
    return project, await world.canary(project, machines=[str(machine.id)]), machine


async def test_the_tab_lists_canaries_and_machines(world: World, scene: Scene, look) -> None:
    """C-1, C-3: each canary is shown with what reading it causes; attached machines can be chosen."""
    project, canary, machine = scene
    await world.canary(project, "LOUD", trap=Trap(cascade=True))
    await world.canary(project, "QUIET", trap=Trap(freeze=False))
    state = await look(ProjectCanaries, f"/projects/{project.id}/canaries")

    assert ("", True, "") == (state.problem, state.head.sees_canaries, state.full)
    assert [("LOUD", "cascade"), ("QUIET", "log"), ("ROOT_PASSWORD", "freeze")] == [
        (row.name, row.effect) for row in state.rows
    ]
    assert (canary.id, "1", True) == (
        state.rows[2].id,
        state.rows[2].readers,
        state.rows[2].enabled,
    )
    assert [{"value": str(machine.id), "text": "ci"}] == state.machines
    assert (
        "No machine can read LOUD and QUIET, so nothing can trip them. Open them to give a machine access."
        == state.unreadable
    )
    assert await world.open_value(canary.id) not in repr(state.dict())


async def test_another_vaults_canaries_are_not_shown(other_world: World, look) -> None:
    """V-7: the tab of another vault's project is empty."""
    theirs = await other_world.project("theirs")
    await other_world.canary(theirs)
    state = await look(ProjectCanaries, f"/projects/{theirs.id}/canaries")

    assert ("Project not found.", []) == (state.problem, state.rows)


async def test_secrets_show_which_are_canaries(scene: Scene, look) -> None:
    """C-1, C-4: the list and the drawer mark a canary, and its value can't be changed there."""
    project, canary, _ = scene
    state = await look(ProjectSecrets, f"/projects/{project.id}?secret={canary.id}")

    assert {"API_KEY": "single", "ROOT_PASSWORD": "canary"} == {
        row.name: row.kind for row in state.rows
    }
    rights = state.open.rights
    assert ("canary", [RE_PLANT] * 3) == (
        state.open.kind,
        [rights.to_replace, rights.to_rotate, rights.to_roll_back],
    )


async def test_recovery_after_a_canary(core: Core, world: World, scene: Scene, look) -> None:
    """C-2, C-4, V-4: the page shows the reader and the canary, which can be re-planted in a fifth step."""
    project, canary, machine = scene
    await read_secret_value(core, await machine.caller(world), canary.id)
    path = f"/projects/{project.id}/frozen"
    state = await look(FrozenProject, path)

    assert ("", True, "ci read the canary ROOT_PASSWORD") == (
        state.problem,
        state.head.frozen_by_canary,
        state.story,
    )
    assert ["ROOT_PASSWORD"] == [each.name for each in state.to_replant]
    assert ["ci"] == [each.name for each in state.readers]
    assert ("0", "1 of 5 done", "later") == (
        state.exposed_count,
        state.done_text,
        state.canary_state,
    )
    assert [("ci", "froze the project")] == [
        (each.actor, each.text) for each in state.happened if each.hot
    ]
    await replant_canary(core, world.owner, canary.id)
    state = await look(FrozenProject, path)

    assert ([], True, "done") == (state.to_replant, state.has_canary_step, state.canary_state)


async def test_recovery_of_a_cascade(core: Core, world: World, scene: Scene, look) -> None:
    """C-3, V-4: a project frozen by another project's canary shows that canary, and offers no re-planting."""
    project, _, machine = scene
    loud = await world.canary(project, "LOUD", trap=Trap(cascade=True), machines=[str(machine.id)])
    shop = await world.project("shop")
    await grant(world, machine, shop)
    await read_secret_value(core, await machine.caller(world), loud.id)
    state = await look(FrozenProject, f"/projects/{shop.id}/frozen")

    assert ("ci read the canary LOUD", False, "2 of 4 done") == (
        state.story,
        state.has_canary_step,
        state.done_text,
    )
