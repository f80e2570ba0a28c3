"""Exports of events: they match the list, are limited in size, and are logged (L-1, L-4)."""

from __future__ import annotations

from typing import Any

import pytest

from strongroom_core.audit.export import MOST_EXPORTED, ExportForm, export_entries
from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import list_entries
from strongroom_core.core import Core
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Refused
from strongroom_core.kernel.page import PageRequest
from strongroom_testkit.world import World

from .conftest import with_rights

MANY = """
insert into audit_entry (vault, id, at, incarnation, action, severity, outcome, actor_kind, actor_name,
                         target_name, address, request_id, salt)
select vault, gen_random_uuid(), at, incarnation, action, severity, outcome, actor_kind, actor_name,
       n, address, request_id, salt
from (select * from audit_entry limit 1) e, generate_series(1, $1::int) n
"""


async def test_the_same_as_the_list(viewing_core: Core, world: World, history: Any) -> None:
    """L-4: an export contains what the list shows under the same filter, and the export is logged."""
    wanted = EntryFilter(q="STRIPE", project=history["billing"])
    listed = await list_entries(
        viewing_core, world.owner, PageRequest(200), wanted, oldest_first=True
    )
    exported = await export_entries(
        viewing_core, world.owner, PageRequest(), wanted, form=ExportForm.CSV, oldest_first=True
    )
    [entry] = await world.entries("audit_export")
    [newest] = (await list_entries(viewing_core, world.owner, PageRequest(200))).items[:1]

    assert (listed.items, None) == (exported.items, exported.next_cursor)
    assert listed.items
    assert ("done", "medium", None) == (entry["outcome"], entry["severity"], entry["target_id"])
    assert {
        "form": "csv",
        "entries": len(listed.items),
        "narrowed_by": ["project", "q"],
        "cut": False,
    } == newest.detail


async def test_an_export_that_is_cut(viewing_core: Core, world: World) -> None:
    """L-4: an export contains up to ten thousand events; the cursor leads to the rest without a gap."""
    await world.project("billing")
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute(MANY, MOST_EXPORTED)
    first = await export_entries(
        viewing_core, world.owner, PageRequest(), form=ExportForm.NDJSON, oldest_first=True
    )
    page = PageRequest.parse(limit=None, cursor=first.next_cursor)
    rest = await export_entries(
        viewing_core, world.owner, page, form=ExportForm.NDJSON, oldest_first=True
    )
    everything = {entry["id"] for entry in await world.entries()}
    [told, *_] = rest.items[-1:]

    assert (MOST_EXPORTED, 2) == (len(first.items), len(rest.items))
    assert rest.next_cursor is None
    assert (True, MOST_EXPORTED) == (told.detail["cut"], told.detail["entries"])
    # Only the second export's own event is missing from both.
    assert 1 == len(everything - {item.id for item in (*first.items, *rest.items)})


async def test_users_limited_to_their_own_events(
    viewing_core: Core, world: World, history: Any
) -> None:
    """L-4, O-1: an export contains no more than the list would."""
    own = with_rights(world.owner, VaultCapability.AUDIT_VIEW)
    exported = await export_entries(viewing_core, own, PageRequest(), form=ExportForm.CSV)

    assert {"user"} == {item.actor_kind for item in exported.items}
    with pytest.raises(Refused):
        await export_entries(
            viewing_core, with_rights(world.owner), PageRequest(), form=ExportForm.CSV
        )
    assert ["done", "refused"] == [e["outcome"] for e in await world.entries("audit_export")]
