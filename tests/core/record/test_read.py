"""One entry, its neighbours, and who does not see it (L-4, V-7)."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom_core.core import Core
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.page import PageRequest
from strongroom_core.record.list import list_entries
from strongroom_core.record.read import read_entry
from strongroom_testkit.world import World

from .conftest import with_rights


async def test_an_entry_and_its_neighbours(eyes: Core, world: World, history: Any) -> None:
    """L-4: the same as in the list, with the ids of those before and after it there."""
    page = await list_entries(eyes, world.owner, PageRequest(200), oldest_first=True)
    ids = [None, *(item.id for item in page.items), None]
    for number, item in enumerate(page.items):
        read = await read_entry(eyes, world.owner, str(item.id))

        assert item == read.entry
        assert (ids[number], ids[number + 2]) == (read.previous, read.next)


async def test_neighbours_are_those_one_sees(eyes: Core, world: World, history: Any) -> None:
    """L-4: with `audit.view` alone the neighbours are one's own entries, and others' are absent."""
    own = with_rights(world.owner, VaultCapability.AUDIT_VIEW)
    mine = await list_entries(eyes, own, PageRequest(200), oldest_first=True)
    newest = await read_entry(eyes, own, str(mine.items[-1].id))
    [read, *_] = await world.entries("secret_read")

    assert (mine.items[-2].id, None) == (newest.previous, newest.next)
    assert (await read_entry(eyes, world.owner, str(mine.items[-1].id))).next is not None
    with pytest.raises(NotFound):
        await read_entry(eyes, own, str(read["id"]))


async def test_another_vaults_entry_is_absent(
    eyes: Core, world: World, other_world: World, history: Any
) -> None:
    """V-7, L-1: a foreign id, one nobody had and no id at all are one answer, and one kind of entry."""
    [mine, *_] = await world.entries()
    absent = "01900000-0000-7000-8000-000000000000"
    before = len(await other_world.entries())
    texts: set[str] = set()
    for entry in (str(mine["id"]), absent, "nonsense", str(mine["id"]).upper(), "", "\0"):
        with pytest.raises(NotFound) as caught:
            await read_entry(eyes, other_world.owner, entry)
        texts.add(str(caught.value))
    refused = (await other_world.entries())[before:]

    assert 1 == len(texts)
    assert [("audit_view", "refused", "not_found", None)] * 6 == [
        (entry["action"], entry["outcome"], entry["reason"], entry["target_id"])
        for entry in refused
    ]
