"""When an open page is updated, and how much of it (L-4)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from strongroom_core.audit.follow import latest
from strongroom_core.core import Core
from strongroom_core.kernel.errors import Refused
from strongroom_core.kernel.ids import SecretId
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import blind_core
from strongroom_dashboard import live
from strongroom_dashboard.live import Behind, Live, Seen, Watched
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.world import World

SOON = 0.05
GENEROUS_SECONDS = 60.0


@pytest.fixture
def viewing_core(core: Core) -> Core:
    """A dashboard's core."""
    return blind_core(core)


@pytest.fixture
async def reader(world: World) -> tuple[TestMachine, SecretId]:
    """A machine and the secret it can read."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    return await granted_machine(world, project, secret), secret.id


async def read(world: World, reader: tuple[TestMachine, SecretId]) -> None:
    machine, secret = reader
    await read_secret_value(world.core, await machine.caller(world), secret)


async def asked(viewing_core: Core, world: World, watched: Watched) -> Watched:
    """Query the database for changes."""
    await Live(viewing_core).ask(world.person.vault, watched)
    return watched


async def seen_now(viewing_core: Core, world: World, *, feed: bool = True) -> Seen:
    """Return the position of a page that has just been loaded and is up to date."""
    position = await latest(viewing_core, world.owner)
    return Seen(position, position if feed else None)


async def test_a_change_is_for_every_page_that_does_not_show_it(
    viewing_core: Core, world: World
) -> None:
    """L-4: a page filled after a change, such as that of the person who made it, isn't updated again."""
    others = await seen_now(viewing_core, world)
    watched = Watched(others.page, others.page, others.page)
    await world.project("billing")
    own = await seen_now(viewing_core, world)
    await asked(viewing_core, world, watched)

    assert (Behind.CHANGES, Behind.NOTHING) == (watched.behind(others), watched.behind(own))


async def test_reads_update_only_feeds_and_counts(
    viewing_core: Core, world: World, reader: tuple[TestMachine, SecretId]
) -> None:
    """L-4: a machine's read, delivered or denied, updates feeds and counts, not the page."""
    page, with_feed = (
        await seen_now(viewing_core, world, feed=False),
        await seen_now(viewing_core, world),
    )
    watched = Watched(page.page, page.page, page.page)
    await read(world, reader)
    other = await world.secret(await world.project("orders"), "OTHER")
    page, with_feed = (
        await seen_now(viewing_core, world, feed=False),
        await seen_now(viewing_core, world),
    )
    await asked(viewing_core, world, watched)

    assert [Behind.NOTHING] * 2 == [watched.behind(page), watched.behind(with_feed)]
    await read(world, reader)
    with pytest.raises(Refused):
        await read(world, (reader[0], other.id))
    await asked(viewing_core, world, watched)
    assert [Behind.NOTHING, Behind.READS] == [watched.behind(page), watched.behind(with_feed)]
    with_feed.feed = await latest(viewing_core, world.owner)
    assert Behind.NOTHING is watched.behind(with_feed)


async def test_a_change_before_a_feed_update_is_not_lost(
    viewing_core: Core, world: World, reader: tuple[TestMachine, SecretId]
) -> None:
    """L-4: a page whose feed was filled after a change still has to be updated completely."""
    seen = await seen_now(viewing_core, world)
    watched = Watched(seen.page, seen.page, seen.page)
    await world.project("orders")
    await read(world, reader)
    seen.feed = await latest(viewing_core, world.owner)
    await asked(viewing_core, world, watched)

    assert Behind.CHANGES is watched.behind(seen)


async def test_pages_that_are_far_behind_are_updated(
    viewing_core: Core, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L-4: only a limited number of changes is kept in memory."""
    monkeypatch.setattr(live, "MOST", 2)
    seen = await seen_now(viewing_core, world)
    watched = Watched(seen.page, seen.page, seen.page)
    for name in ("one", "two", "three"):
        await world.project(name)
        await asked(viewing_core, world, watched)

    assert 1 == len(watched.changes)
    assert Behind.CHANGES is watched.behind(seen)
    assert Behind.NOTHING is watched.behind(await seen_now(viewing_core, world))


async def test_pages_wait_and_are_called(
    viewing_core: Core, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L-4: each change wakes every page, and one task queries the database for all of them."""
    monkeypatch.setattr(live, "SECONDS", SOON)
    pages, seen = Live(viewing_core), await seen_now(viewing_core, world)
    vault = world.person.vault
    nothing = await pages.behind(vault, seen, within=SOON)
    waiting = [
        asyncio.create_task(pages.behind(vault, seen, within=GENEROUS_SECONDS)) for _ in range(3)
    ]
    await world.project("billing")
    called = await asyncio.gather(*waiting)
    asking = pages._vaults[vault].asking
    late = await pages.behind(vault, seen, within=GENEROUS_SECONDS)

    assert Behind.NOTHING is nothing
    assert [Behind.CHANGES] * 4 == [*called, late]
    assert asking is not None
    assert asking is pages._vaults[vault].asking
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking


async def test_no_queries_without_open_pages(
    viewing_core: Core, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L-4: the queries stop when no page is open, and start again with the next one."""
    monkeypatch.setattr(live, "SECONDS", 0.0)
    monkeypatch.setattr(live, "REST", SOON)
    pages, seen = Live(viewing_core), await seen_now(viewing_core, world)
    await pages.behind(world.person.vault, seen, within=0.0)
    asking = pages._vaults[world.person.vault].asking
    assert asking is not None
    async with asyncio.timeout(GENEROUS_SECONDS):
        await asking
    await world.project("billing")
    seen = await seen_now(viewing_core, world)

    assert Behind.NOTHING is await pages.behind(world.person.vault, seen, within=0.0)
    assert asking is not pages._vaults[world.person.vault].asking
