"""A page that follows the audit log doesn't add events to it by doing so (L-1)."""

from __future__ import annotations

import pytest

from strongroom_core.access.callers import system
from strongroom_core.audit.follow import find_changes, latest
from strongroom_core.runtime.start import blind_core
from strongroom_core.secrets.trash import delete_secret
from strongroom_dashboard.screens.application.state import ApplicationScreen
from strongroom_dashboard.screens.audit.state import AuditLog
from strongroom_dashboard.screens.machine.state import MachinePage
from strongroom_dashboard.screens.project_secrets.state import ProjectSecrets
from strongroom_dashboard.screens.project_settings.state import ProjectSettings
from strongroom_testkit.world import World

ABSENT = [
    (ProjectSecrets, "/projects/proj_aaaaaaaaaaaaaaaa"),
    (ProjectSettings, "/projects/proj_aaaaaaaaaaaaaaaa/settings"),
    (ApplicationScreen, "/applications/app_aaaaaaaaaaaaaaaa"),
    (MachinePage, "/machines/00000000-0000-0000-0000-000000000000"),
    (AuditLog, "/audit?entry=00000000-0000-0000-0000-000000000000"),
]


@pytest.mark.parametrize(("screen", "url"), ABSENT)
async def test_a_denied_view_is_logged_once(world: World, look, follow, screen, url: str) -> None:
    """L-1: a person's denied view causes one event; the page's automatic updates add none."""
    await world.project("billing")
    shown = await look(screen, url)
    entries = len(await world.entries())
    for _ in range(3):
        await follow(shown)

    assert entries == len(await world.entries())
    assert shown.problem or shown.opened.missing


async def test_a_secret_that_went_while_its_drawer_was_open(world: World, look, follow) -> None:
    """L-1: the drawer looks up the deleted secret once, and from then on only shows that it is missing."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    shown = await look(ProjectSecrets, f"/projects/{project.id}?secret={secret.id}")

    assert "API_KEY" == shown.open.name
    await delete_secret(world.core, world.owner, secret.id)
    await follow(shown)
    entries = len(await world.entries())
    await follow(shown)
    await follow(shown)

    assert shown.open.missing
    assert entries == len(await world.entries())


async def test_a_denied_view_is_not_a_change(world: World, look) -> None:
    """L-1: a denied view doesn't count as a change; otherwise it would reload all pages of the vault."""
    project = await world.project("billing")
    core, server = blind_core(world.core), system("dashboard", world.person.vault)
    position = await latest(core, server)
    await look(ProjectSecrets, "/projects/proj_aaaaaaaaaaaaaaaa")

    assert await find_changes(core, server, position) is None
    await world.secret(project, "API_KEY")

    assert await find_changes(core, server, position) is not None
