"""A page that follows the record by itself leaves nothing on it (L-1)."""

from __future__ import annotations

import pytest

from strongroom_core.operate.blind import blind_core
from strongroom_core.operate.sweep import worker
from strongroom_core.record.follow import find_news, latest
from strongroom_core.secrets.trash import delete_secret
from strongroom_dashboard.door import Door
from strongroom_dashboard.states.application import ApplicationScreen
from strongroom_dashboard.states.audit import AuditLog
from strongroom_dashboard.states.machine import MachinePage
from strongroom_dashboard.states.project_secrets import ProjectSecrets
from strongroom_dashboard.states.project_settings import ProjectSettings
from strongroom_testkit.world import World

ABSENT = [
    (ProjectSecrets, "/projects/proj_aaaaaaaaaaaaaaaa"),
    (ProjectSettings, "/projects/proj_aaaaaaaaaaaaaaaa/settings"),
    (ApplicationScreen, "/applications/app_aaaaaaaaaaaaaaaa"),
    (MachinePage, "/machines/00000000-0000-0000-0000-000000000000"),
    (AuditLog, "/audit?entry=00000000-0000-0000-0000-000000000000"),
]


async def follow(door: Door, state) -> None:
    """Do what following does when something happened."""
    await door.enter(state._get_root_state(), used=False)
    await state._refresh()


@pytest.mark.parametrize(("screen", "url"), ABSENT)
async def test_what_is_not_there_is_looked_for_once(
    world: World, door: Door, look, screen, url: str
) -> None:
    """L-1: a person's look that is refused is one entry; the page goes on to show so without another."""
    await world.project("billing")
    shown = await look(screen, url)
    entries = len(await world.entries())
    for _ in range(3):
        await follow(door, shown)

    assert entries == len(await world.entries())
    assert shown.problem or shown.opened.missing


async def test_a_secret_that_went_while_its_drawer_was_open(world: World, door: Door, look) -> None:
    """L-1: the drawer notices once, and says so from then on."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    shown = await look(ProjectSecrets, f"/projects/{project.id}?secret={secret.id}")

    assert "API_KEY" == shown.open.name
    await delete_secret(world.core, world.owner, secret.id)
    await follow(door, shown)
    entries = len(await world.entries())
    await follow(door, shown)
    await follow(door, shown)

    assert shown.open.missing
    assert entries == len(await world.entries())


async def test_a_look_that_was_refused_is_no_news(world: World, look) -> None:
    """L-1: else every page of the vault would look again because one looked in vain."""
    project = await world.project("billing")
    core, system = blind_core(world.core), worker("dashboard", world.person.vault)
    position = await latest(core, system)
    await look(ProjectSecrets, "/projects/proj_aaaaaaaaaaaaaaaa")

    assert await find_news(core, system, position) is None
    await world.secret(project, "API_KEY")

    assert await find_news(core, system, position) is not None
