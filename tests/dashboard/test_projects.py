"""Applications, projects, their settings and the trash in the dashboard (V-2, V-3, S-7)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.projects.views import ApplicationView
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_dashboard.screens.application.state import ApplicationScreen
from strongroom_dashboard.screens.project_settings.state import ProjectSettings
from strongroom_dashboard.screens.projects.state import Projects
from strongroom_dashboard.screens.trash.state import Trash
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World

from .conftest import session_for


@pytest.fixture
async def shop(core: Core, world: World) -> ApplicationView:
    """An application with two environments."""
    return await create_application(
        core, world.owner, name="shop", environments=["staging", "production"], description="Sells"
    )


def lines(state: Any) -> list[tuple[bool, str, str, str, str]]:
    return [
        (each.heads, each.name, each.environment, each.secrets, each.machines)
        for each in state.rows
    ]


async def test_an_empty_vault(look) -> None:
    """U-1: an empty vault looks different from a search without results."""
    state = await look(Projects, "/projects")
    searched = await look(Projects, "/projects?q=x")

    assert (state.nothing_yet, state.rows, state.problem) == (True, [], "")
    assert (searched.nothing_yet, searched.rows) == (False, [])


async def test_projects_stand_by_application(
    core: Core, world: World, shop: ApplicationView, look
) -> None:
    """V-2: the list shows an application, its environments in order with counts, then standalone projects."""
    production = shop.projects[1]
    secret = await world.secret(production, "API_KEY")
    await granted_machine(world, production, secret)
    await world.project("tools")
    await freeze_project(core, world.owner, production.id, reason="test")
    state = await look(Projects, "/projects")

    assert lines(state) == [
        (True, "shop", "", "", ""),
        (False, "staging", "", "0", "0"),
        (False, "production", "", "1", "1"),
        (False, "tools", "", "0", "0"),
    ]
    assert [bool(each.frozen_since) for each in state.rows] == [False, False, True, False]
    assert state.rows[2].frozen_href == f"/projects/{production.id}/frozen"
    assert (state.around.shown, state.around.total, state.around.next_page) == ("2", "", "")
    assert state.sentence == (
        "3 projects and 1 application. 1 project is in production, 1 in staging and 1 elsewhere."
    )


async def test_the_search_finds_secrets_too(world: World, look) -> None:
    """V-6: the first secrets that match are listed below the projects, as the palette finds them."""
    project = await world.project("billing")
    secrets = [await world.secret(project, f"BILLING_{number}") for number in range(6)]
    await world.secret(project, "OTHER")
    found = await look(Projects, "/projects?q=billing_")
    one = await look(Projects, "/projects?q=ther")
    none = await look(Projects, "/projects")

    assert [f"/projects/{project.id}?secret={each.id}" for each in secrets[:5]] == [
        each["href"] for each in found.secrets
    ]
    assert (True, False, []) == (found.more_secrets, one.more_secrets, none.secrets)
    # A table without rows isn't shown above the secrets.
    assert ([], True, False) == (one.rows, one.only_secrets, none.only_secrets)
    assert [("OTHER", "billing")] == [(each["name"], each["where"]) for each in one.secrets]


async def test_the_address_is_the_whole_view(
    core: Core, world: World, shop: ApplicationView, look
) -> None:
    """V-6: search, environment and frozen filter are in the URL, and each can be removed."""
    await freeze_project(core, world.owner, shop.projects[0].id, reason="test")
    url = "/projects?q=shop&environment=Staging&frozen=yes"
    state = await look(Projects, url)

    assert [each.name for each in state.rows] == ["shop", "staging"]
    assert (state.q, state.environment, state.only_frozen) == ("shop", "Staging", True)
    assert state.without_environment == "/projects?q=shop&frozen=yes"
    assert state.without_frozen == "/projects?q=shop&environment=Staging"
    assert [(each["text"], each["current"]) for each in state.environments] == [
        ("production", False),
        ("staging", True),
    ]
    assert (await look(Projects, "/projects?q=nothing")).rows == []
    assert (await look(Projects, "/projects?new=project")).asked == "new-project"
    assert (await look(Projects, "/projects?new=anything")).asked == ""


async def test_many_projects_go_page_by_page(core: Core, world: World, look) -> None:
    """U-2: a page shows 25 projects and a cursor; an invalid cursor is reported and has no other effect."""
    for number in range(27):
        await create_project(core, world.owner, name=f"p{number:02}")
    first = await look(Projects, "/projects")
    second = await look(Projects, first.around.next_page)
    broken = await look(Projects, "/projects?cursor=nonsense")

    assert [each.name for each in first.rows] == [f"p{number:02}" for number in range(25)]
    assert [each.name for each in second.rows] == ["p25", "p26"]
    assert ("", "") == (first.around.previous_page, second.around.next_page)
    back = await look(Projects, second.around.previous_page)
    assert first.rows == back.rows
    assert ("26–27", "27") == (second.around.shown, second.around.total)
    assert broken.problem.startswith("Invalid cursor")


async def test_an_applications_environments(
    core: Core, world: World, shop: ApplicationView, look
) -> None:
    """V-2: the page shows which environment is missing, and why the application can't be deleted."""
    await delete_project(core, world.owner, shop.projects[0].id, confirm_name="staging")
    state = await look(ApplicationScreen, f"/applications/{shop.id}")
    settings = await look(ApplicationScreen, f"/applications/{shop.id}?tab=settings")

    assert (state.name, state.sentence, state.settings) == ("shop", "Sells", False)
    assert [each.name for each in state.rows] == ["production"]
    assert state.missing == "development"
    assert settings.settings
    assert settings.why_not_delete == (
        "Delete or move its 1 project first. Restore or permanently delete its 1 project in the trash."
    )


async def test_settings_show_the_numbers_affected(
    core: Core, world: World, clock: MovableClock, look
) -> None:
    """V-3, V-4: the numbers of secrets, versions, machines and reads are shown before the action."""
    project = await world.project("tools")
    secret = await world.secret(project, "API_KEY")
    await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret)
    await read_secret_value(core, await machine.caller(world), secret.id)
    clock.move(timedelta(minutes=1))
    state = await look(ProjectSettings, f"/projects/{project.id}/settings")

    assert [(each["number"], each["text"]) for each in state.freezing] == [
        ("2", "secrets that can't be read until you unfreeze it"),
        ("1", "machine will lose access"),
        ("1", "read in the last hour"),
    ]
    assert [(each["number"], each["text"]) for each in state.deleting] == [
        ("2", "secrets will be moved to the trash for 30 days"),
        ("2", "versions will be moved with them"),
        ("1", "machine will lose access immediately"),
        ("1", "read in the last 24 hours"),
    ]
    assert (state.head.title, state.head.secrets, state.head.machines) == ("tools", "2", "1")
    assert state.head.revision == 1
    assert (state.why_not_freeze, state.labelled) == ("", "")


async def test_moving_lists_the_labels_to_be_removed(
    core: Core, world: World, shop: ApplicationView, look
) -> None:
    """V-2: a secret's own label is removed if the project determines the environment."""
    project = await world.project("tools")
    await create_secret(
        core,
        world.owner,
        project.id,
        name="A",
        kind=SecretKind.SINGLE,
        content=Content(value=world.markers.value("A")),
        labels=Labels(environment="staging"),
    )
    state = await look(ProjectSettings, f"/projects/{project.id}/settings")

    assert state.labelled.startswith("1 secret will lose its environment label")
    assert [each["text"] for each in state.applications] == ["shop"]


async def test_a_project_of_an_application_is_called_by_it(shop: ApplicationView, look) -> None:
    """V-2: the application is the title, the environment its badge; other environments are one click away."""
    state = await look(ProjectSettings, f"/projects/{shop.projects[0].id}/settings")

    assert (state.head.title, state.head.environment) == ("shop", "staging")
    assert state.head.full_name == "shop/staging"
    assert [(each.name, each.current) for each in state.siblings] == [
        ("staging", True),
        ("production", False),
    ]


async def test_another_vaults_ids_are_not_found(
    core: Core, world: World, other_world: World, look
) -> None:
    """V-7: IDs from another vault look missing, and earlier content is removed from the state."""
    theirs = await other_world.project("theirs")
    app = await create_application(
        core, other_world.owner, name="their application", environments=["one"]
    )
    await other_world.trashed_project("thrown")
    settings = await look(ProjectSettings, f"/projects/{theirs.id}/settings")
    application = await look(ApplicationScreen, f"/applications/{app.id}")

    assert settings.problem == "Project not found."
    assert (settings.head.name, settings.freezing, settings.deleting) == ("", [], [])
    assert application.problem == "Application not found."
    assert (application.name, application.rows) == ("", [])
    assert (await look(Projects, "/projects")).rows == []
    assert (await look(Trash, "/trash")).rows == []


async def test_the_content_of_the_trash(
    core: Core, world: World, clock: MovableClock, look
) -> None:
    """S-7, V-3: the trash shows who deleted what, and what a purge deletes."""
    project = await world.project("tools")
    await world.trashed_secret(project, "OLD_KEY")
    clock.move(timedelta(days=28))
    await world.trashed_project("attic")
    session = await session_for(core, world.person, world)
    state = await look(Trash, "/trash", session=session)

    assert [(each.kind, each.name, each.where, each.by) for each in state.rows] == [
        ("Project", "attic", "Standalone", world.person.username),
        ("Secret", "OLD_KEY", "tools", world.person.username),
    ]
    assert [(each.left, each.soon) for each in state.rows] == [("30 days", False), ("2 days", True)]
    assert [(each.number, each.lost) for each in state.rows] == [
        ("0", "secrets permanently deleted, with every version and the project's key"),
        ("1", "version permanently deleted"),
    ]
    assert state.rows[1].path.startswith("/api/secrets/sk_")
    assert state.sentence == "1 of these will be permanently deleted within 3 days."
    assert (await look(Trash, "/trash?cursor=nonsense", session=session)).problem != ""
