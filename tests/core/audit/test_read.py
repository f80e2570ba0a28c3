"""A single event, its neighbors, and who can't see it (L-4, V-7)."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom_core.audit.list import list_entries
from strongroom_core.audit.read import read_entry
from strongroom_core.core import Core
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.page import PageRequest
from strongroom_testkit.world import World

from .conftest import with_rights


async def test_an_event_and_its_neighbors(viewing_core: Core, world: World, history: Any) -> None:
    """L-4: an event is the same as in the list, and comes with the IDs of its neighbors in the list."""
    page = await list_entries(viewing_core, world.owner, PageRequest(200), oldest_first=True)
    ids = [None, *(item.id for item in page.items), None]
    for number, item in enumerate(page.items):
        read = await read_entry(viewing_core, world.owner, str(item.id))

        assert item == read.entry
        assert (ids[number], ids[number + 2]) == (read.previous, read.next)


async def test_neighbors_are_visible_events(viewing_core: Core, world: World, history: Any) -> None:
    """L-4: with only `audit.view`, the neighbors are the user's own events, and others aren't found."""
    own = with_rights(world.owner, VaultCapability.AUDIT_VIEW)
    mine = await list_entries(viewing_core, own, PageRequest(200), oldest_first=True)
    newest = await read_entry(viewing_core, own, str(mine.items[-1].id))
    [read, *_] = await world.entries("secret_read")

    assert (mine.items[-2].id, None) == (newest.previous, newest.next)
    assert (await read_entry(viewing_core, world.owner, str(mine.items[-1].id))).next is not None
    with pytest.raises(NotFound):
        await read_entry(viewing_core, own, str(read["id"]))


async def test_another_vaults_event_is_not_found(
    viewing_core: Core, world: World, other_world: World, history: Any
) -> None:
    """V-7, L-1: another vault's ID, an unused ID and a malformed ID give the same error and kind of event."""
    [mine, *_] = await world.entries()
    absent = "01900000-0000-7000-8000-000000000000"
    before = len(await other_world.entries())
    texts: set[str] = set()
    for entry in (str(mine["id"]), absent, "nonsense", str(mine["id"]).upper(), "", "\0"):
        with pytest.raises(NotFound) as caught:
            await read_entry(viewing_core, other_world.owner, entry)
        texts.add(str(caught.value))
    refused = (await other_world.entries())[before:]

    assert 1 == len(texts)
    assert [("audit_view", "refused", "not_found", None)] * 6 == [
        (entry["action"], entry["outcome"], entry["reason"], entry["target_id"])
        for entry in refused
    ]
