"""Projects are created, named, changed, and moved into and out of applications (V-2, V-3)."""

from __future__ import annotations

import asyncio

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import Changed, Invalid, NameTaken, NotFound
from strongroom_core.kernel.ids import ApplicationId
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.change import move_project, update_project
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import read_application, read_project
from strongroom_core.projects.views import ApplicationView, ProjectView
from strongroom_core.secrets.change import Labels
from strongroom_core.secrets.listing import read_secret
from strongroom_testkit.contents import contents
from strongroom_testkit.world import World

NO_NAMES = [
    "",
    " ",
    " x",
    "x ",
    "\u3000x",
    "a\nb",
    "a\tb",
    "a\0b",
    "a\x7fb",
    "\u202egnp.exe",
    "a\u200bb",
    "\ufeffx",
    "\ud800",
    "\U000e0041",
    "x" * 101,
]

NAMES = [
    "x",
    "x" * 100,
    "Zahlungen & Größen",
    "日本語",
    "🔑 keys",
    "a  b",
    "ﷺ" * 100,
    "O'Brien; drop",
]


@pytest.fixture
async def application(world: World) -> ApplicationView:
    return await create_application(
        world.core, world.owner, name="shop", environments=["production"]
    )


async def test_a_project_has_its_own_key(world: World, administrator: OpenConnection) -> None:
    """V-3, E-1: a project's first key is created with the project, wrapped by the root key."""
    one, two = await world.project("one"), await world.project("two")
    rows = await administrator.fetch("select * from project_key order by created_at")

    assert [row["project"] for row in rows] == [one.id, two.id]
    assert {(row["number"], row["root_version"], row["state"]) for row in rows} == {
        (1, 1, "active")
    }
    assert rows[0]["wrapped"] != rows[1]["wrapped"]


async def test_a_standalone_project(core: Core, world: World) -> None:
    """V-2, V-3: a project's name, environment label and description are kept as typed."""
    project = await create_project(
        core, world.owner, name="Billing", environment="Staging", description="line 1\nline 2"
    )

    assert (project.name, project.environment, project.description) == (
        "Billing",
        "Staging",
        "line 1\nline 2",
    )
    assert (project.application_id, project.secrets, project.revision) == (None, 0, 1)
    assert (project.frozen_at, project.freeze_reason) == (None, None)
    assert await read_project(core, world.owner, project.id) == project


async def test_names_of_projects(core: Core, world: World, administrator: OpenConnection) -> None:
    """V-3: a name is 1 to 100 visible characters in any script, without surrounding spaces."""
    for name in NAMES:
        assert (await create_project(core, world.owner, name=name)).name == name
    first = await create_project(core, world.owner, name="first")
    before = await contents(administrator)
    for name in NO_NAMES:
        with pytest.raises(Invalid) as made:
            await create_project(core, world.owner, name=name)
        with pytest.raises(Invalid) as renamed:
            await update_project(core, world.owner, first.id, name=name)

        assert (made.value.field, renamed.value.field) == ("name", "name")

    assert await contents(administrator) == before


async def test_environments_and_descriptions_have_limits(core: Core, world: World) -> None:
    """V-3: labels follow the rules for names; descriptions can be longer, without invisible characters."""
    for environment in NO_NAMES:
        with pytest.raises(Invalid) as caught:
            await create_project(core, world.owner, name="x", environment=environment)

        assert caught.value.field == "environment"
    for description in ("x" * 1001, "a\0b", "\u202e", "\ud800"):
        with pytest.raises(Invalid) as caught:
            await create_project(core, world.owner, name="x", description=description)

        assert caught.value.field == "description"
    assert (await create_project(core, world.owner, name="x", description="")).description is None


async def test_names_differ_by_more_than_case(
    core: Core, world: World, application: ApplicationView, administrator: OpenConnection
) -> None:
    """V-3: names are unique among standalone projects and inside an application, ignoring case and form."""
    await create_project(core, world.owner, name="Größe")
    before = await contents(administrator)
    for name in ("Größe", "GRÖSSE", "gro\u0308ße", "ＧＲÖSSE"):
        with pytest.raises(NameTaken):
            await create_project(core, world.owner, name=name)

    assert await contents(administrator) == before
    inside = await create_project(
        core, world.owner, name="Größe", application=application.id, environment="staging"
    )

    assert inside.application_id == application.id


async def test_simultaneous_creations_with_one_name(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-3: the name is unique even under concurrency, and only one key is created."""
    results = await asyncio.gather(
        *(create_project(core, world.owner, name="billing") for _ in range(8)),
        return_exceptions=True,
    )

    assert sorted(type(each).__name__ for each in results) == ["NameTaken"] * 7 + ["ProjectView"]
    assert len(await world.entries("project_create")) == 1
    assert await administrator.fetchval("select count(*) from project_key") == 1


async def test_a_project_of_an_application_has_an_environment(
    core: Core, world: World, application: ApplicationView
) -> None:
    """V-2: in an application, a project must have an environment that no other project has."""
    with pytest.raises(Invalid):
        await create_project(core, world.owner, name="x", application=application.id)
    for environment in ("production", "Production"):
        with pytest.raises(NameTaken, match="a project with this environment") as taken:
            await create_project(
                core, world.owner, name="x", application=application.id, environment=environment
            )
        assert "environment" == taken.value.field
    staging = await create_project(
        core, world.owner, name="x", application=application.id, environment="staging"
    )
    view = await read_application(core, world.owner, application.id)

    assert [each.environment for each in view.projects] == ["production", "staging"]
    assert view.projects[1] == staging


async def test_other_vaults_applications_are_not_found(
    core: Core, world: World, other_world: World, administrator: OpenConnection
) -> None:
    """V-7: missing, malformed and foreign applications look the same when creating and moving."""
    theirs = await create_application(core, other_world.owner, name="theirs", environments=[])
    project = await world.project("mine")
    before = await contents(administrator, "audit_entry")
    told: set[str] = set()
    for wrong in (theirs.id, "app_aaaaaaaaaaaaaaaa", "x", ""):
        for act in (
            create_project(
                core,
                world.owner,
                name="x",
                application=ApplicationId(wrong),
                environment="e",
            ),
            move_project(
                core,
                world.owner,
                project.id,
                application=ApplicationId(wrong),
                environment="e",
            ),
        ):
            with pytest.raises(NotFound) as caught:
                await act
            told.add(str(caught.value))

    assert told == {"application not found"}
    assert await contents(administrator, "audit_entry") == before


async def test_a_project_is_renamed_and_described(core: Core, world: World) -> None:
    """V-3: None leaves the description as it is, an empty string removes it, and a rename logs both names."""
    project = await create_project(core, world.owner, name="billing", description="old")
    renamed = await update_project(core, world.owner, project.id, name="Billing")
    described = await update_project(core, world.owner, project.id, description="new")
    emptied = await update_project(core, world.owner, project.id, description="")
    again = await update_project(core, world.owner, project.id, name="Billing")
    details = [entry["detail"] for entry in await world.entries("project_update")]

    assert (renamed.name, renamed.description, renamed.revision) == ("Billing", "old", 2)
    assert (described.name, described.description) == ("Billing", "new")
    assert emptied.description is None
    assert again.revision == 5
    assert details == [
        '{"renamed_to": "Billing", "renamed_from": "billing"}',
        "{}",
        "{}",
        "{}",
    ]


async def test_renaming_to_a_name_in_use(core: Core, world: World) -> None:
    """V-3: renaming to a name in use is rejected; a trashed project's name is available."""
    project = await world.project("billing")
    await world.project("shop")
    await world.trashed_project("old")
    with pytest.raises(NameTaken):
        await update_project(core, world.owner, project.id, name="SHOP")

    assert (await update_project(core, world.owner, project.id, name="old")).name == "old"


async def test_a_stale_change_is_rejected(
    core: Core, world: World, application: ApplicationView
) -> None:
    """V-3: with If-Match, a change that the caller hasn't seen can't be overwritten."""
    project = await world.project("billing")
    await update_project(core, world.owner, project.id, description="x", if_match=1)
    with pytest.raises(Changed):
        await update_project(core, world.owner, project.id, description="y", if_match=1)
    with pytest.raises(Changed):
        await move_project(
            core,
            world.owner,
            project.id,
            application=application.id,
            environment="staging",
            if_match=1,
        )
    view = await read_project(core, world.owner, project.id)

    assert (view.description, view.revision, view.application_id) == ("x", 2, None)


async def labelled(world: World, project: ProjectView, name: str) -> str:
    from strongroom_core.kernel.authority import SecretKind  # noqa: PLC0415
    from strongroom_core.secrets.create import Content, create_secret  # noqa: PLC0415

    secret = await create_secret(
        world.core,
        world.owner,
        project.id,
        name=name,
        kind=SecretKind.SINGLE,
        content=Content(value=world.markers.value()),
        labels=Labels(environment="staging"),
    )
    return secret.id


async def test_a_project_moves_in_and_out(
    core: Core, world: World, application: ApplicationView, administrator: OpenConnection
) -> None:
    """V-2: a moved project keeps its ID, key and values; the environment replaces its secrets' labels."""
    project = await world.project("billing")
    secret = await labelled(world, project, "API_KEY")
    value = await world.open_value(secret)  # pyright: ignore[reportArgumentType]
    keys = await administrator.fetch("select * from project_key order by id")
    inside = await move_project(
        core, world.owner, project.id, application=application.id, environment="staging"
    )
    application_then = await read_application(core, world.owner, application.id)

    assert (inside.id, inside.application_id, inside.application_name, inside.environment) == (
        project.id,
        application.id,
        "shop",
        "staging",
    )
    assert [each.id for each in application_then.projects][-1] == project.id
    assert (await read_secret(core, world.owner, secret)).environment is None  # pyright: ignore[reportArgumentType]
    outside = await move_project(core, world.owner, project.id, application=None, environment=None)

    assert (outside.application_id, outside.environment, outside.name) == (None, None, "billing")
    assert outside.secrets == 1
    assert await world.open_value(secret) == value  # pyright: ignore[reportArgumentType]
    assert await administrator.fetch("select * from project_key order by id") == keys
    assert [entry["detail"] for entry in await world.entries("project_move")] == [
        f'{{"application": "{application.id}", "environment": "staging"}}',
        '{"application": null, "environment": null}',
    ]


async def test_not_into_an_occupied_place(
    core: Core, world: World, application: ApplicationView, administrator: OpenConnection
) -> None:
    """V-2, V-3: a project can't be moved to where its environment or its name is already in use."""
    project = await world.project("billing")
    await create_project(
        core, world.owner, name="Billing", application=application.id, environment="staging"
    )
    before = await contents(administrator)
    for environment in ("production", "test"):
        # The first environment is already in use, and in the second case the name is.
        with pytest.raises(NameTaken):
            await move_project(
                core,
                world.owner,
                project.id,
                application=application.id,
                environment=environment,
            )
    inside = (await read_application(core, world.owner, application.id)).projects[1]
    with pytest.raises(NameTaken):
        await move_project(core, world.owner, inside.id, application=None, environment=None)

    assert await contents(administrator) == before
