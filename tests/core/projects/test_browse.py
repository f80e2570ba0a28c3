"""All projects grouped by application, in pages, filtered by text, environment or freeze (V-2)."""

from __future__ import annotations

import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.browse import browse_projects, count_projects
from strongroom_core.projects.create import create_project
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.projects.views import ApplicationView, ProjectCounts, ProjectGroup
from strongroom_core.runtime.start import blind_core
from strongroom_testkit.world import World


@pytest.fixture
async def shop(core: Core, world: World) -> ApplicationView:
    """An application with three environments, an empty one, and two standalone projects."""
    made = await create_application(
        core, world.owner, name="Shop", environments=["development", "staging", "production"]
    )
    await create_application(core, world.owner, name="empty", environments=[])
    await create_project(
        core, world.owner, name="alone", environment="Production", description="for the Shop"
    )
    await world.project("zebra")
    return made


def told(groups: list[ProjectGroup]) -> list[tuple[str, list[str]]]:
    return [(group.name, [project.name for project in group.projects]) for group in groups]


async def browse(world: World, **wanted: object) -> list[tuple[str, list[str]]]:
    core = blind_core(world.core)
    page = await browse_projects(core, world.owner, PageRequest(), **wanted)  # pyright: ignore[reportArgumentType]

    assert page.next_cursor is None
    return told(page.items)


@pytest.mark.usefixtures("shop")
async def test_applications_and_standalone_projects_are_sorted_by_name(world: World) -> None:
    """V-2: an application's projects are in the order of environments; empty applications are listed too."""
    everything = [
        ("alone", ["alone"]),
        ("empty", []),
        ("Shop", ["development", "staging", "production"]),
        ("zebra", ["zebra"]),
    ]

    assert await browse(world) == everything
    assert await browse(world, q="", environment="") == everything


@pytest.mark.usefixtures("shop")
async def test_a_part_of_a_name_finds_applications_and_projects(world: World) -> None:
    """V-6: an application's name finds all its projects; a project's name finds only that project."""
    whole = ("Shop", ["development", "staging", "production"])

    assert await browse(world, q="sHo") == [("alone", ["alone"]), whole]
    assert await browse(world, q="stag") == [("Shop", ["staging"])]
    assert await browse(world, q="empt") == [("empty", [])]
    assert await browse(world, q="%") == []


async def test_filters_by_environment_and_freeze(
    core: Core, world: World, shop: ApplicationView
) -> None:
    """V-2, V-4: environment labels match in any case; applications without a match are left out."""
    await freeze_project(core, world.owner, shop.projects[1].id, reason="test")
    found = await count_projects(blind_core(core), world.owner)

    assert await browse(world, environment="PRODUCTION") == [
        ("alone", ["alone"]),
        ("Shop", ["production"]),
    ]
    assert await browse(world, frozen=True) == [("Shop", ["staging"])]
    assert await browse(world, frozen=True, environment="production") == []
    assert (found.projects, found.applications, found.frozen) == (5, 2, 1)
    assert [(each.name.lower(), each.projects) for each in found.environments] == [
        ("production", 2),
        ("development", 1),
        ("staging", 1),
    ]


async def test_trashed_and_foreign_projects_are_not_listed(
    core: Core, world: World, other_world: World, shop: ApplicationView
) -> None:
    """V-3, V-7: trashed and foreign projects are neither listed nor counted by environment."""
    await delete_project(core, world.owner, shop.projects[0].id, confirm_name="development")

    assert ("Shop", ["staging", "production"]) in await browse(world)
    assert (await count_projects(core, world.owner)).projects == 4
    assert await browse(other_world) == []
    assert await count_projects(core, other_world.owner) == ProjectCounts(
        projects=0, applications=0, frozen=0, environments=[]
    )


@pytest.mark.usefixtures("shop")
async def test_pages_of_the_list(core: Core, world: World) -> None:
    """U-2: a page gives the number of applications and standalone projects, and the next page's cursor."""
    seen: list[tuple[str, list[str]]] = []
    cursor, pages = None, 0
    while pages == 0 or cursor is not None:
        request = PageRequest.parse(limit=1, cursor=cursor)
        page = await browse_projects(core, world.owner, request)
        seen += told(page.items)
        cursor, pages = page.next_cursor, pages + 1

    assert [name for name, _ in seen] == ["alone", "empty", "Shop", "zebra"]
    assert pages == 4
    with pytest.raises(Invalid):
        PageRequest.parse(limit=1, cursor="x")
