"""Audit log exports: CSV for spreadsheets, NDJSON for programs (L-4)."""

from collections.abc import Mapping

import msgspec

from strongroom_api.human.csv_files import MEDIA_TYPE, write_csv
from strongroom_core.audit.export import ExportForm
from strongroom_core.audit.views import EntryView
from strongroom_core.kernel.page import Page

MEDIA_TYPES: Mapping[ExportForm, str] = {
    ExportForm.CSV: MEDIA_TYPE,
    ExportForm.NDJSON: "application/x-ndjson",
}

CUT = "truncated: there are more events; continue with this cursor"


def write_file(page: Page[EntryView], form: ExportForm) -> bytes:
    """Return the events as a file. If there are more, the last line has a cursor to continue from."""
    if form is ExportForm.CSV:
        last = () if page.next_cursor is None else (CUT, page.next_cursor)
        return write_csv(EntryView, page.items, *last)
    lines: list[object] = [*page.items]
    if page.next_cursor is not None:
        lines.append({"cut": CUT, "nextCursor": page.next_cursor})
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
