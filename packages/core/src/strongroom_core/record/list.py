"""List entries: newest first, or oldest first, page by page.

The order is that of `(tx, id)`, in which the record will be sealed, and which `record/follow.py` goes
by: what is listed stays where it is, and what commits late appears among the newest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.audit.entry import Outcome, Severity
from strongroom_core.kernel.errors import Invalid
from strongroom_core.record.filter import EntryFilter, conditions_of
from strongroom_core.record.views import EntryView
from strongroom_core.record.visible import narrow_to_visible

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest

KEYS = 2
"""How many parts a position has: transaction and id."""

HIGHEST_TX = 2**64 - 1

ENTRIES = """
select e.tx::text as tx, e.id, e.at, e.incarnation, e.action, e.severity, e.outcome, e.reason,
       e.actor_kind, e.actor_id, e.actor_name, e.target_kind, e.target_id, e.target_name,
       coalesce(e.project, p.id) as project_id, p.name as project_name, p.environment,
       p.application as application_id, a.name as application_name,
       e.address, e.country, e.request_id, e.detail
from audit_entry e
left join project p
    on p.vault = e.vault
    and p.id = coalesce(e.project, case e.target_kind when 'project' then e.target_id end)
left join application a on a.vault = p.vault and a.id = p.application
"""

EVERYTHING = EntryFilter()


async def list_entries(
    core: Core,
    caller: Human,
    page: PageRequest,
    wanted: EntryFilter = EVERYTHING,
    *,
    oldest_first: bool = False,
) -> Page[EntryView]:
    """Return entries that the caller may see, newest first unless asked otherwise.

    `page` has `KEYS` keys. Raises `Invalid` for a filter that cannot be meant.
    """
    async with gate.perform(core, caller, Action.AUDIT_VIEW) as act:
        return await entries_in(act.connection, caller, page, wanted, oldest_first=oldest_first)


async def entries_in(
    connection: Connection,
    caller: Human,
    page: PageRequest,
    wanted: EntryFilter,
    *,
    oldest_first: bool,
) -> Page[EntryView]:
    """Return one page, for the act that lists or exports."""
    conditions = conditions_of(wanted)
    narrow_to_visible(conditions, caller)
    beyond, direction = (">", "asc") if oldest_first else ("<", "desc")
    if page.after is not None:
        after = _position(page.after)
        conditions.add(f"(e.tx, e.id) {beyond} ({{0}}::text::xid8, {{1}}::uuid)", *after)
    limit = conditions.place(page.limit + 1)
    rows = await connection.fetch(
        f"{ENTRIES} where {conditions.text}"
        f" order by e.tx {direction}, e.id {direction} limit {limit}",
        *conditions.arguments,
    )
    return page.page([view_of(row) for row in rows], lambda item: (item.tx, str(item.id)))


def view_of(row: Row) -> EntryView:
    """Return the view of a row of `ENTRIES`."""
    columns = dict(row)
    columns["severity"] = Severity(columns["severity"])
    columns["outcome"] = Outcome(columns["outcome"])
    columns["detail"] = msgspec.json.decode(columns["detail"])
    return EntryView(**columns)


def _position(after: tuple[str, ...]) -> tuple[str, UUID]:
    tx, entry = after
    if tx.isascii() and tx.isdecimal() and int(tx) <= HIGHEST_TX:
        try:
            return tx, UUID(entry)
        except ValueError:
            pass
    raise Invalid("cursor is not one this list handed out", field="cursor")
