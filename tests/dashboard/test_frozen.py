"""Recovering a frozen project in the dashboard (V-4)."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Frozen
from strongroom_core.machines.lifecycle import disable_machine
from strongroom_core.projects.freeze import explain_freeze, freeze_project, unfreeze_project
from strongroom_core.projects.views import ProjectView
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.views import SecretView
from strongroom_dashboard.screens.frozen.state import FrozenProject, states_of
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.world import World

Scene = tuple[ProjectView, SecretView, TestMachine]


@pytest.fixture
async def scene(core: Core, world: World, clock: MovableClock) -> Scene:
    """A frozen project with two secrets. A machine read one before the freeze, and tried again after it."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await world.secret(project, "NEVER_READ")
    machine = await granted_machine(world, project, secret)
    await read_secret_value(core, await machine.caller(world), secret.id)
    clock.move(timedelta(minutes=1))
    await freeze_project(core, world.owner, project.id, reason="a laptop is gone")
    clock.move(timedelta(seconds=5))
    with suppress(Frozen):
        await read_secret_value(core, await machine.caller(world), secret.id)
    return project, secret, machine


async def test_reads_and_denials_of_a_frozen_project(world: World, scene: Scene, look) -> None:
    """V-4: reads and denials are counted, with links to machines and secrets; the freeze is shown too."""
    project, secret, machine = scene
    state = await look(FrozenProject, f"/projects/{project.id}/frozen")

    assert (state.problem, state.is_frozen, state.has_history) == ("", True, True)
    assert f"Frozen by {world.person.username}" == state.story
    assert state.head.freeze_reason == "a laptop is gone"
    assert (state.blocked, state.blocked_text) == ("1", "read blocked since, from 1 machine")
    assert (state.exposed_count, state.reader_count) == ("1", "1")
    assert [(each.name, each.href, each.done) for each in state.exposed] == [
        ("API_KEY", f"/projects/{project.id}?secret={secret.id}", "")
    ]
    assert [(each.name, each.href, each.state) for each in state.readers] == [
        ("web-1", f"/machines/{machine.id}", "enabled")
    ]
    assert [(each.machine, each.secret, each.reason) for each in state.blocked_reads] == [
        ("web-1", "API_KEY", "frozen")
    ]
    assert [each.text for each in state.happened if each.hot] == ["froze the project"]
    assert ("read", "API_KEY") in [(each.text, each.target) for each in state.happened]
    assert "You" in [each.actor for each in state.happened]
    assert state.unfreeze_text == "1 machine will regain access immediately."
    assert state.open_text == (
        "No machine has been disabled; 1 secret from step 2 has not been replaced yet."
    )
    assert (state.stop_state, state.replace_state, state.summary_state, state.unfreeze_state) == (
        "now",
        "later",
        "later",
        "later",
    )


async def test_actions_mark_their_steps_as_done(
    core: Core, world: World, scene: Scene, look
) -> None:
    """V-4: disabling a machine, replacing a value and writing a summary mark the steps as done."""
    project, secret, machine = scene
    await disable_machine(core, world.owner, str(machine.id))
    value = world.markers.value("new")
    await replace_secret(core, world.owner, secret.id, Content(value=value))
    await explain_freeze(core, world.owner, project.id, account="It was found in a taxi.")
    state = await look(FrozenProject, f"/projects/{project.id}/frozen")

    assert (state.stop_state, state.replace_state, state.summary_state, state.unfreeze_state) == (
        "done",
        "done",
        "done",
        "now",
    )
    assert (state.done_text, state.stop_text, state.replace_text) == (
        "3 of 4 done",
        "1 of 1 stopped",
        "1 of 1 replaced",
    )
    assert [each.done for each in state.exposed] == ["Now v2"]
    assert [each.state for each in state.readers] == ["disabled"]
    assert [(each.actor, each.text) for each in state.summaries] == [
        ("You", "It was found in a taxi.")
    ]
    assert state.open_text == ""
    assert value not in repr(state.dict())


async def test_after_a_freeze(core: Core, world: World, scene: Scene, look) -> None:
    """V-4: after the freeze, the page shows that the project isn't frozen, and shows no recovery rows."""
    project, _, _ = scene
    await unfreeze_project(core, world.owner, project.id, reason="found")
    state = await look(FrozenProject, f"/projects/{project.id}/frozen")

    assert (state.problem, state.ready, state.is_frozen) == ("", True, False)
    assert (state.readers, state.exposed, state.blocked_reads, state.happened) == ([], [], [], [])
    assert state.head.frozen_since == ""


async def test_another_vaults_freeze_is_not_shown(
    core: Core, other_world: World, clock: MovableClock, look
) -> None:
    """V-7: another vault's freeze isn't shown."""
    del clock
    theirs = await other_world.project("theirs")
    await freeze_project(core, other_world.owner, theirs.id, reason="their reason")
    state = await look(FrozenProject, f"/projects/{theirs.id}/frozen")

    assert state.problem == "Project not found."
    assert (state.is_frozen, state.head.freeze_reason, state.story) == (False, "", "")


@pytest.mark.parametrize(
    ("done", "states"),
    [
        ((False, False, False), ["now", "later", "later", "later"]),
        ((False, True, False), ["now", "done", "later", "later"]),
        ((True, False, True), ["done", "now", "done", "later"]),
        ((True, True, True), ["done", "done", "done", "now"]),
    ],
)
def test_the_first_step_that_is_not_done_is_the_one_to_do(
    done: tuple[bool, bool, bool], states: list[str]
) -> None:
    """V-4: the order is advice; steps can be done in any order."""
    assert states_of(done) == states
