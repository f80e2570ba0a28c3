"""Take many entries out at once, to be kept or looked at elsewhere. That is itself on the record."""

from __future__ import annotations

from dataclasses import fields, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.record.list import EVERYTHING, entries_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest
    from strongroom_core.record.filter import EntryFilter
    from strongroom_core.record.views import EntryView

MOST_EXPORTED = 10_000
"""Entries of one export. Whoever wants more goes on at the cursor."""


class ExportForm(StrEnum):
    """What an export is written as."""

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
    """Return up to 10,000 entries that the caller may see; the limit of `page` does not count.

    The entry it leaves tells how many there were and by what they were narrowed, not what was typed.
    """
    whole = replace(page, limit=MOST_EXPORTED)
    async with gate.perform(core, caller, Action.AUDIT_EXPORT) as act:
        found = await entries_in(act.connection, caller, whole, wanted, oldest_first=oldest_first)
        narrowed = [each.name for each in fields(wanted) if getattr(wanted, each.name)]
        act.record(
            form=form.value,
            entries=len(found.items),
            narrowed_by=narrowed,
            cut=found.next_cursor is not None,
        )
    return found
