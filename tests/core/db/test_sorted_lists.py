"""Every sort order of every list, page by page in both directions, with correct counts (U-2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.db.conditions import Conditions
from strongroom_core.grants.attachments import ATTACHMENTS, list_attachments
from strongroom_core.grants.readers import READERS, list_readers
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.page import CountedPage, PageRequest
from strongroom_core.machines.listing import MACHINES, list_machines
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.browse import browse_projects
from strongroom_core.projects.listing import (
    APPLICATIONS,
    PROJECTS,
    list_applications,
    list_projects,
)
from strongroom_core.secrets.listing import SECRETS, TRASH, list_secrets, list_trash
from strongroom_core.secrets.versions import VERSIONS, list_versions
from strongroom_testkit.machine import granted_machine, pending_machine

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from strongroom_core.db.listing import Listing
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_testkit.world import World

SPREAD = """
update secret set read_count = length(name),
                  last_read_at = case when name_folded like 'b%' then changed_at end;
update project set frozen_at = created_at where name = 'billing'
"""


@dataclass(frozen=True)
class Listed:
    """A list, and a function that requests a page of it."""

    listing: Listing
    ask: Callable[[PageRequest], Awaitable[CountedPage[Any]]]


async def lists_of(world: World, clock: MovableClock) -> dict[str, Listed]:
    """Fill a vault so that every list has items with the same sort value, and items without one."""
    core, owner = world.core, world.owner
    project = await world.project("billing")
    for name in ("shop", "Forge"):
        await create_application(core, owner, name=name, environments=["live", "test"])
    secrets = [await world.secret(project, name) for name in ("b", "A", "c", "B_2")]
    clock.move(timedelta(seconds=1))
    secrets.append(await world.structured(project, "a_1", "user"))
    for name in ("old", "OLDER"):
        await world.trashed_secret(project, name)
    for hostname in ("web-2", "Web-1", "db"):
        await granted_machine(world, project, *secrets[: len(hostname) - 1], hostname=hostname)
    await pending_machine(world, "new")
    async with core.database.transaction(owner.vault) as connection:
        await connection.execute(SPREAD)
    at, key = ProjectId(project.id), SecretId(secrets[0].id)
    return {
        "secrets": Listed(SECRETS, lambda page: list_secrets(core, owner, at, page)),
        "machines": Listed(MACHINES, lambda page: list_machines(core, owner, page)),
        "projects": Listed(PROJECTS, lambda page: list_projects(core, owner, page)),
        "applications": Listed(APPLICATIONS, lambda page: list_applications(core, owner, page)),
        "trash": Listed(TRASH, lambda page: list_trash(core, owner, page)),
        "attachments": Listed(ATTACHMENTS, lambda page: list_attachments(core, owner, at, page)),
        "readers": Listed(READERS, lambda page: list_readers(core, owner, key, page)),
        "versions": Listed(VERSIONS, lambda page: list_versions(core, owner, key, page)),
    }


async def test_every_order_of_every_list(world: World, clock: MovableClock) -> None:
    """U-2: paging forward and back returns each item once, with correct counts; `-` reverses the order."""
    for name, listed in (await lists_of(world, clock)).items():
        for sort in listed.listing.sorts:
            whole = await listed.ask(PageRequest(sort=sort))
            reverse = await listed.ask(PageRequest(sort=f"-{sort}"))

            assert whole.items == reverse.items[::-1], (name, sort)
            assert (len(whole.items), None, None) == (
                whole.total,
                whole.next_cursor,
                whole.previous_cursor,
            )
            for way, expected in ((sort, whole.items), (f"-{sort}", reverse.items)):
                await walk(listed, way, expected)


async def walk(listed: Listed, sort: str, expected: list[Any]) -> None:
    """Go to the end of a list and back, two items at a time."""
    pages: list[CountedPage[Any]] = []
    cursor = None
    while not pages or cursor is not None:
        page = await listed.ask(PageRequest.parse(limit=2, sort=sort, cursor=cursor))
        first = 2 * len(pages) + 1 if expected else 0

        assert (len(expected), first) == (page.total, page.first), sort
        pages.append(page)
        cursor = page.next_cursor
    back, page = pages[:-1], pages[-1]
    while (cursor := page.previous_cursor) is not None:
        page = await listed.ask(PageRequest.parse(limit=2, sort=sort, cursor=cursor))
        before = back.pop()

        assert (before.items, before.first, before.next_cursor) == (
            page.items,
            page.first,
            page.next_cursor,
        ), sort
    assert [] == back
    assert expected == [item for each in pages for item in each.items], sort


async def test_items_are_sorted_as_requested(world: World, clock: MovableClock) -> None:
    """U-2: names are sorted regardless of case, and numbers as numbers. Items without a value come first."""
    lists = await lists_of(world, clock)

    async def told(name: str, sort: str, *fields: str) -> list[Any]:
        page = await lists[name].ask(PageRequest(sort=sort))
        return [[getattr(item, field) for field in fields] for item in page.items]

    assert [["A"], ["a_1"], ["b"], ["B_2"], ["c"]] == await told("secrets", "name", "name")
    assert [3, 2, 2, 2, 0] == [n for [n] in await told("secrets", "-readers", "readers")]
    assert ["db", "new", "Web-1", "web-2"] == [n for [n] in await told("machines", "name", "name")]
    read = [at is not None for [at] in await told("secrets", "lastReadAt", "last_read_at")]
    assert [False, False, False, True, True] == read
    assert ["billing"] == (await told("projects", "-frozenAt", "name"))[0]


async def test_the_error_for_an_unknown_sort_lists_the_known_ones(world: World) -> None:
    """U-2: the error lists the known sorts, and doesn't repeat the unknown one."""
    for sort in ("nope", "", "-", "--name", "name desc", "name_folded", "NAME"):
        with pytest.raises(
            Invalid, match="sort must be one of registeredAt, name, state"
        ) as caught:
            await list_machines(world.core, world.owner, PageRequest(sort=sort))

        assert caught.value.field == "sort"


async def test_a_cursor_is_of_one_order(world: World) -> None:
    """U-2: a cursor is rejected with any sort but its own, and the error says which sort that is."""
    for name in ("a", "b"):
        await world.project(name)
    first = await list_projects(world.core, world.owner, PageRequest(1, sort="-createdAt"))
    for sort in (None, "createdAt", "secrets"):
        page = PageRequest.parse(cursor=first.next_cursor, sort=sort)
        with pytest.raises(Invalid, match="the list sorted by -createdAt") as caught:
            await list_projects(world.core, world.owner, page)

        assert caught.value.field == "cursor"
    rest = PageRequest.parse(cursor=first.next_cursor, sort="-createdAt")

    assert ["a"] == [
        each.name for each in (await list_projects(world.core, world.owner, rest)).items
    ]


async def test_groups_are_paged_both_ways(world: World) -> None:
    """U-2, V-2: applications and standalone projects are paged together, and only the matching ones count."""
    for name in ("a", "c", "x one"):
        await world.project(name)
    for name in ("b", "x two"):
        await create_application(world.core, world.owner, name=name, environments=["live"])
    listed = Listed(SECRETS, lambda page: browse_projects(world.core, world.owner, page, q=None))
    whole = await listed.ask(PageRequest())
    found = await browse_projects(world.core, world.owner, PageRequest(1), q="x ")

    assert ["a", "b", "c", "x one", "x two"] == [each.name for each in whole.items]
    assert (1, 2, 1) == (len(found.items), found.total, found.first)
    await walk(listed, "name", whole.items)


def test_conditions_are_copied() -> None:
    """U-2: the counts use only the list's own conditions, not those added for a page."""
    conditions = Conditions()
    conditions.add("a = {0}", 1)
    copy = conditions.copy()
    copy.add("b = {0}", 2)

    assert ("(a = $1)", [1]) == (conditions.text, conditions.arguments)
    assert ("(a = $1) and (b = $2)", [1, 2]) == (copy.text, copy.arguments)


async def test_equal_items_are_ordered_by_name(world: World, clock: MovableClock) -> None:
    """U-2: items with the same sort value are in the order of their names, not of their random IDs."""
    lists = await lists_of(world, clock)
    page = await lists["secrets"].ask(PageRequest(sort="version"))
    versions = {secret.version for secret in page.items}

    assert versions == {1}
    assert [secret.name for secret in page.items] == ["A", "a_1", "b", "B_2", "c"]
