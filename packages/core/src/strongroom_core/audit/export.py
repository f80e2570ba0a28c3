"""Exports many entries at once. The export itself is logged."""

from __future__ import annotations

from asyncio import to_thread
from dataclasses import fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.audit import AUDIT_EXPORT
from strongroom_core.audit.list import EVERYTHING, entry_rows, page_of

if TYPE_CHECKING:
    from strongroom_core.audit.filter import EntryFilter
    from strongroom_core.audit.views import EntryView
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest

MOST_EXPORTED = 10_000
"""The maximum number of entries per export. To get more entries, continue from the cursor."""


class ExportForm(StrEnum):
    """The file format of an export."""

    CSV = "csv"
    NDJSON = "ndjson"


async def export_entries(
    core: Core,
    caller: Human,
    page: PageRequest,
    wanted: EntryFilter = EVERYTHING,
    *,
    form: ExportForm,
    oldest_first: bool = False,
) -> Page[EntryView]:
    """Return up to 10,000 entries that the caller can see; the limit in `page` is ignored.

    The log entry for the export contains the number of entries and the names of the filters used, but not
    their values.
    """
    whole = replace(page, limit=MOST_EXPORTED)
    async with gate.perform(core, caller, AUDIT_EXPORT) as act:
        found = await entry_rows(act.connection, caller, whole, wanted, oldest_first=oldest_first)
        narrowed = [each.name for each in fields(wanted) if getattr(wanted, each.name)]
        act.record(
            form=form.value,
            entries=len(found.rows),
            narrowed_by=narrowed,
            cut=found.next_cursor is not None,
        )
    # Building this many views takes a tenth of a second, during which no other request would be served.
    return await to_thread(page_of, found)
