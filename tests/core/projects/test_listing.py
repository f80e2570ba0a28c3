"""Lists of a vault's projects: complete, ordered and filtered (V-2)."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import list_projects, read_project
from strongroom_testkit.world import World


async def names(core: Core, world: World, *, limit: int = 200, **filters: Any) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        request = PageRequest.parse(limit=limit, cursor=cursor)
        page = await list_projects(core, world.owner, request, **filters)
        found += [each.name for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            return found


async def test_projects_are_listed_and_filtered(
    core: Core, world: World, other_world: World
) -> None:
    """V-2, V-7: lists can be limited to an application, an environment, or standalone projects."""
    application = await create_application(
        core, world.owner, name="shop", environments=["Production", "staging"]
    )
    await create_project(core, world.owner, name="alone", environment="production")
    await create_project(core, world.owner, name="Bare")
    await world.trashed_project("gone")
    theirs = await create_application(
        core, other_world.owner, name="shop", environments=["production"]
    )

    assert await names(core, world) == ["alone", "Bare", "Production", "staging"]
    assert await names(core, world, limit=1) == ["alone", "Bare", "Production", "staging"]
    assert await names(core, world, application=application.id) == ["Production", "staging"]
    assert await names(core, world, standalone=True) == ["alone", "Bare"]
    assert await names(core, world, environment="PRODUCTION") == ["alone", "Production"]
    assert await names(core, world, application=theirs.id) == []
    assert await names(core, other_world) == ["production"]
    with pytest.raises(Invalid, match="must be the application's ID, such as app_"):
        await names(core, world, application="shop")


async def test_a_project_shows_its_size(core: Core, world: World) -> None:
    """U-1: a project shows the number of its live secrets."""
    project = await world.project("billing")
    await world.secret(project, "A")
    await world.secret(project, "B")
    await world.trashed_secret(project, "C")

    assert (await read_project(core, world.owner, project.id)).secrets == 2


async def test_projects_with_equal_names_are_each_listed_once(core: Core, world: World) -> None:
    """V-2: projects in different applications can have the same name; they are sorted by application."""
    for number in range(12):
        await create_application(core, world.owner, name=f"app {number}", environments=["prod"])
    seen: list[str] = []
    cursor: str | None = None
    while True:
        request = PageRequest.parse(limit=5, cursor=cursor)
        page = await list_projects(core, world.owner, request)
        seen += [str(each.application_name) for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 12
    assert seen == sorted(seen)
