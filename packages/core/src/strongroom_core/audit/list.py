"""Lists entries, newest or oldest first, with keyset pagination.

Entries are ordered by `(incarnation, tx, id)`. The log will be sealed in this order, and `audit/follow.py`
uses it too. Listed entries keep their position, and late commits appear among the newest entries.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.actions.audit import AUDIT_VIEW
from strongroom_core.access.visible import narrow_to_visible, project_exists, sees_others
from strongroom_core.audit.filter import EntryFilter, conditions_of
from strongroom_core.audit.views import EntryView
from strongroom_core.db.listing import Key, Listing, fetch_page, without_position

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.conditions import Conditions
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.db.listing import Found
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest

PLACE = "(e.incarnation, e.tx, e.id)"
"""The order of the audit log. Transaction IDs start over in another cluster; incarnations never do."""

COLUMNS = """
e.tx::text as tx, e.id, e.at, e.incarnation, e.action, e.severity, e.outcome, e.reason,
e.actor_kind, e.actor_id, e.actor_name, e.target_kind, e.target_id, e.target_name,
coalesce(e.project, p.id) as project_id, p.name as project_name, p.environment,
p.application as application_id, a.name as application_name,
e.address, e.country, e.request_id, e.detail,
e.requester_kind, e.requester_id, e.requester_name, e.approver_id, e.approver_name
"""

SOURCE = """
audit_entry e
left join project p
    on p.vault = e.vault
    and p.id = coalesce(e.project, case e.target_kind when 'project' then e.target_id end)
    and {named}
left join application a on a.vault = p.vault and a.id = p.application
"""

ENTRIES = f"select {COLUMNS} from {SOURCE.format(named='true')}"
"""Entries with the current names of their projects, for the server itself."""

IN_TIME = Listing(
    columns=COLUMNS,
    source=SOURCE,
    id=Key("e.id", "uuid"),
    sorts={"at": (Key("e.incarnation", "integer"), Key("e.tx", "xid8"))},
    default="-at",
)
"""The audit log has a single order, in both directions. Its entries aren't counted, because it only grows."""

EVERYTHING = EntryFilter()


async def list_entries(
    core: Core,
    caller: Human,
    page: PageRequest,
    wanted: EntryFilter = EVERYTHING,
    *,
    oldest_first: bool = False,
) -> Page[EntryView]:
    """Return entries that the caller can see, newest first by default.

    Raises `Invalid` for an invalid filter.
    """
    async with gate.perform(core, caller, AUDIT_VIEW) as act:
        found = await entry_rows(act.connection, caller, page, wanted, oldest_first=oldest_first)
    return page_of(found)


async def entry_rows(
    connection: Connection,
    caller: Human,
    page: PageRequest,
    wanted: EntryFilter,
    *,
    oldest_first: bool,
) -> Found:
    """Return the rows of one page, with their transactions."""
    conditions = conditions_of(wanted)
    narrow_to_visible(conditions, caller)
    listing = IN_TIME.filled(named=_named(conditions, caller))
    ordered = replace(page, sort="at" if oldest_first else "-at")
    return await fetch_page(connection, listing, ordered, conditions)


def entries_seen_by(conditions: Conditions, caller: Human) -> str:
    """Return the text before `where` of a query for entries, with the current names of their projects.

    A user who sees only their own entries gets current names only for projects that they can see.
    """
    return f"select {COLUMNS} from {SOURCE.format(named=_named(conditions, caller))}"


def _named(conditions: Conditions, caller: Human) -> str:
    return "true" if sees_others(caller) else project_exists(conditions, caller)


def in_order(direction: str) -> str:
    """Return the `order by` of a list: `asc` is oldest first, `desc` newest first."""
    return f"e.incarnation {direction}, e.tx {direction}, e.id {direction}"


def page_of(found: Found) -> Page[EntryView]:
    """Return the page of the rows' views."""
    return found.page([view_of(row) for row in found.rows])


def view_of(row: Row) -> EntryView:
    """Return the view of a row of `ENTRIES`."""
    detail = msgspec.json.decode(row["detail"])
    return EntryView.of_row(without_position(row), without=["tx"], detail=detail, leaf=None)
