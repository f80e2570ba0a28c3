"""Applications: the projects of one service, one per environment (V-2)."""

from __future__ import annotations

import asyncio

import pytest

from strongroom_core.access.callers import system
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.errors import Changed, Conflict, Invalid, NameTaken, NotFound
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.applications import (
    create_application,
    delete_application,
    update_application,
)
from strongroom_core.projects.change import move_project
from strongroom_core.projects.listing import list_applications, list_projects, read_application
from strongroom_core.projects.trash import (
    delete_project,
    erase_project,
    purge_project,
    restore_project,
)
from strongroom_testkit.contents import contents
from strongroom_testkit.world import World


async def test_an_application_has_a_project_per_environment(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-2: environments can have any names, keep the given order, and have projects with separate keys."""
    environments = ["production", "development", "Größe 3"]
    made = await create_application(
        core, world.owner, name="Shop", environments=environments, description="d"
    )
    (entry,) = await world.entries()

    assert (made.name, made.description, made.revision) == ("Shop", "d", 1)
    assert [each.environment for each in made.projects] == environments
    assert [each.name for each in made.projects] == environments
    assert {each.application_id for each in made.projects} == {made.id}
    assert await administrator.fetchval("select count(*) from project_key") == 3
    assert await read_application(core, world.owner, made.id) == made
    assert (entry["action"], entry["target_kind"], entry["target_id"], entry["target_name"]) == (
        "application_create",
        "application",
        made.id,
        "Shop",
    )
    assert entry["detail"] == '{"environments": ["production", "development", "Größe 3"]}'


async def test_invalid_environments(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-2: if environments are duplicate, too many or badly named, nothing at all is created."""
    before = await contents(administrator)
    for name, environments, field in (
        ("", [], "name"),
        ("x" * 101, [], "name"),
        ("shop", ["a", "A"], "environments"),
        ("shop", ["straße", "STRASSE"], "environments"),
        ("shop", ["a", ""], "environments"),
        ("shop", ["a\nb"], "environments"),
        ("shop", [f"e{n}" for n in range(51)], "environments"),
    ):
        with pytest.raises(Invalid) as caught:
            await create_application(core, world.owner, name=name, environments=environments)

        assert caught.value.field == field

    assert await contents(administrator) == before


async def test_names_of_applications_differ_by_more_than_case(core: Core, world: World) -> None:
    """V-2: an application's name is unique in its vault, even under concurrency."""
    results = await asyncio.gather(
        *(
            create_application(core, world.owner, name=name, environments=["e"])
            for name in ("Shop", "shop", "SHOP", "ｓhop")
        ),
        return_exceptions=True,
    )
    other = await create_application(core, world.owner, name="other", environments=[])
    with pytest.raises(NameTaken):
        await update_application(core, world.owner, other.id, name="sHoP")

    assert sorted(type(each).__name__ for each in results) == [
        "ApplicationView",
        "NameTaken",
        "NameTaken",
        "NameTaken",
    ]
    page = await list_projects(core, world.owner, PageRequest())
    assert len(page.items) == 1


async def test_an_application_is_changed(core: Core, world: World) -> None:
    """V-2: name and description change; with If-Match, only if nobody else changed the application."""
    made = await create_application(core, world.owner, name="shop", environments=["e"])
    renamed = await update_application(core, world.owner, made.id, name="Shop", if_match=1)
    described = await update_application(core, world.owner, made.id, description="d")
    with pytest.raises(Changed):
        await update_application(core, world.owner, made.id, name="x", if_match=1)
    emptied = await update_application(core, world.owner, made.id, description="")

    assert (renamed.name, renamed.revision) == ("Shop", 2)
    assert (described.name, described.description) == ("Shop", "d")
    assert (emptied.description, emptied.revision) == (None, 4)
    assert emptied.projects == made.projects or [p.id for p in emptied.projects] == [
        p.id for p in made.projects
    ]


async def test_only_an_empty_application_is_deleted(core: Core, world: World) -> None:
    """V-2, V-3: deleting an application never deletes projects, not even those in the trash."""
    made = await create_application(core, world.owner, name="shop", environments=["a", "b"])
    one, two = made.projects
    with pytest.raises(Conflict, match="still has 2 projects, and 0 in the trash"):
        await delete_application(core, world.owner, made.id)
    await delete_project(core, world.owner, one.id, confirm_name="a")
    with pytest.raises(Conflict, match="still has 1 projects, and 1 in the trash"):
        await delete_application(core, world.owner, made.id)
    await restore_project(core, world.owner, one.id)
    await move_project(core, world.owner, one.id, application=None, environment=None)
    await delete_project(core, world.owner, two.id, confirm_name="b")
    await purge_project(core, world.owner, two.id)
    with pytest.raises(Conflict):
        await delete_application(core, world.owner, made.id)

    assert await erase_project(core, system("erase", world.person.vault), two.id)
    with pytest.raises(Changed):
        await delete_application(core, world.owner, made.id, if_match=7)
    await delete_application(core, world.owner, made.id, if_match=1)
    with pytest.raises(NotFound):
        await read_application(core, world.owner, made.id)
    again = await create_application(core, world.owner, name="shop", environments=[])

    assert again.id != made.id


async def test_applications_are_listed_by_name(core: Core, world: World) -> None:
    """V-2: applications are listed in pages, with environments in order and without trashed projects."""
    for name in ("b", "A", "c"):
        made = await create_application(core, world.owner, name=name, environments=["z", "y", "x"])
        await delete_project(core, world.owner, made.projects[1].id, confirm_name="y")
    seen: list[tuple[str, list[str]]] = []
    cursor: str | None = None
    while True:
        request = PageRequest.parse(limit=1, cursor=cursor)
        page = await list_applications(core, world.owner, request)
        seen += [(each.name, each.environments) for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == [("A", ["z", "x"]), ("b", ["z", "x"]), ("c", ["z", "x"])]
