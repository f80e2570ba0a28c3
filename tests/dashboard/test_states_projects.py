"""Applications, projects, their settings and the trash, as the dashboard shows them (V-2, V-3, S-7)."""

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
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.create import Content, create_secret
from strongroom_core.secrets.read import read_secret
from strongroom_dashboard.states.application import ApplicationScreen
from strongroom_dashboard.states.project_settings import ProjectSettings
from strongroom_dashboard.states.projects import Projects
from strongroom_dashboard.states.trash import Trash
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.world import World

from .conftest import session_for


@pytest.fixture
async def shop(core: Core, world: World) -> ApplicationView:
    """An application of two environments."""
    return await create_application(
        core, world.owner, name="shop", environments=["staging", "production"], description="Sells"
    )


def lines(state: Any) -> list[tuple[bool, str, str, str, str]]:
    return [
        (each.heads, each.name, each.environment, each.secrets, each.machines)
        for each in state.rows
    ]


async def test_a_new_vault_teaches_what_a_project_is(look) -> None:
    """U-1: nothing is there yet, which is another thing than nothing that fits."""
    state = await look(Projects, "/projects")
    searched = await look(Projects, "/projects?q=x")

    assert (state.nothing_yet, state.rows, state.problem) == (True, [], "")
    assert (searched.nothing_yet, searched.rows) == (False, [])


async def test_projects_stand_by_application(
    core: Core, world: World, shop: ApplicationView, look
) -> None:
    """V-2: an application, its environments in order with their numbers, then what stands alone."""
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
    assert (state.shown, state.total, state.older, state.newer) == ("3", "3", "", "")
    assert state.sentence == "3 projects, 1 application: 1 in production, 1 in staging."


async def test_the_address_is_the_whole_view(
    core: Core, world: World, shop: ApplicationView, look
) -> None:
    """V-6: search, environment and frozen ones are in the URL, and each can be taken away again."""
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
    """H-5: 25 at a time, by a cursor; a cursor that is none is said, and breaks nothing."""
    for number in range(27):
        await create_project(core, world.owner, name=f"p{number:02}")
    first = await look(Projects, "/projects")
    second = await look(Projects, first.older)
    broken = await look(Projects, "/projects?after=nonsense")

    assert [each.name for each in first.rows] == [f"p{number:02}" for number in range(25)]
    assert [each.name for each in second.rows] == ["p25", "p26"]
    assert (first.newer, second.newer, second.older) == ("", "/projects", "")
    assert broken.problem.startswith("Cursor is not one this list handed out")


async def test_an_application_shows_its_environments_and_what_keeps_it(
    core: Core, world: World, shop: ApplicationView, look
) -> None:
    """V-2: which usual environment is missing, and why it cannot be deleted yet."""
    await delete_project(core, world.owner, shop.projects[0].id, confirm_name="staging")
    state = await look(ApplicationScreen, f"/applications/{shop.id}")
    settings = await look(ApplicationScreen, f"/applications/{shop.id}?tab=settings")

    assert (state.name, state.sentence, state.settings) == ("shop", "Sells", False)
    assert [each.name for each in state.rows] == ["production"]
    assert state.missing == "development"
    assert settings.settings
    assert settings.why_not_delete == (
        "It still holds 1 project: delete or move those first; and 1 project in the trash: restore or"
        " destroy those."
    )


async def test_settings_say_in_numbers_what_an_act_leads_to(
    core: Core, world: World, clock: MovableClock, look
) -> None:
    """V-3, V-4: secrets, versions, machines and reads, before the button is pressed."""
    project = await world.project("tools")
    secret = await world.secret(project, "API_KEY")
    await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, secret)
    await read_secret(core, await machine.caller(world), secret.id)
    clock.move(timedelta(minutes=1))
    state = await look(ProjectSettings, f"/projects/{project.id}/settings")

    assert [(each["number"], each["text"]) for each in state.freezing] == [
        ("2", "secrets are refused until the freeze is lifted"),
        ("1", "machine is refused at its next read"),
        ("1", "read went out in the last hour"),
    ]
    assert [(each["number"], each["text"]) for each in state.deleting] == [
        ("2", "secrets go to the trash with it, for 30 days"),
        ("2", "versions kept with them"),
        ("1", "machine loses all it could read here, at once"),
        ("1", "read went out in the last 24 hours"),
    ]
    assert (state.head.title, state.head.secrets, state.head.machines) == ("tools", 2, 1)
    assert state.head.revision == 1
    assert (state.why_not_freeze, state.labelled) == ("", "")


async def test_moving_says_which_labels_are_lost(
    core: Core, world: World, shop: ApplicationView, look
) -> None:
    """V-2: a secret's own label goes where the project is the environment."""
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

    assert state.labelled.startswith("1 secret loses a label")
    assert [each["text"] for each in state.applications] == ["shop"]


async def test_a_project_of_an_application_is_called_by_it(shop: ApplicationView, look) -> None:
    """V-2: the application is the title, the environment its badge, the others one click away."""
    state = await look(ProjectSettings, f"/projects/{shop.projects[0].id}/settings")

    assert (state.head.title, state.head.environment) == ("shop", "staging")
    assert state.head.full_name == "shop, staging"
    assert [(each.name, each.current) for each in state.siblings] == [
        ("staging", True),
        ("production", False),
    ]


async def test_another_vaults_ids_show_nothing(
    core: Core, world: World, other_world: World, look
) -> None:
    """D-1: as if absent; what was shown before is gone from the state."""
    theirs = await other_world.project("theirs")
    app = await create_application(
        core, other_world.owner, name="their application", environments=["one"]
    )
    await other_world.trashed_project("thrown")
    settings = await look(ProjectSettings, f"/projects/{theirs.id}/settings")
    application = await look(ApplicationScreen, f"/applications/{app.id}")

    assert settings.problem == "There is no such project here."
    assert (settings.head.name, settings.freezing, settings.deleting) == ("", [], [])
    assert application.problem == "There is no such application here."
    assert (application.name, application.rows) == ("", [])
    assert (await look(Projects, "/projects")).rows == []
    assert (await look(Trash, "/trash")).rows == []


async def test_the_trash_says_what_is_in_it_and_for_how_long(
    core: Core, world: World, clock: MovableClock, look
) -> None:
    """S-7, V-3: secrets and projects, who deleted them, and what a purge destroys."""
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
        ("0", "secrets destroyed, with every version, and the project's key"),
        ("1", "version destroyed, and what they held"),
    ]
    assert state.rows[1].path.startswith("/api/secrets/sk_")
    assert state.sentence == "1 of these is destroyed within 3 days."
    assert (await look(Trash, "/trash?after=nonsense", session=session)).problem != ""
