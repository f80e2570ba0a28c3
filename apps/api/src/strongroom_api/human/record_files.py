"""Audit log exports: CSV for spreadsheets, NDJSON for programs (L-4)."""

import csv
import io
from collections.abc import Mapping
from typing import Any

import msgspec

from strongroom_core.audit.export import ExportForm
from strongroom_core.audit.views import EntryView
from strongroom_core.kernel.page import Page

MEDIA_TYPES: Mapping[ExportForm, str] = {
    ExportForm.CSV: "text/csv",
    ExportForm.NDJSON: "application/x-ndjson",
}

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Characters that turn a cell into a formula (CSV injection). A leading quote prevents that (OWASP)."""

CUT = "truncated: there are more events; continue with this cursor"


def write_file(page: Page[EntryView], form: ExportForm) -> bytes:
    """Return the events as a file. If there are more, the last line has a cursor to continue from."""
    if form is ExportForm.CSV:
        return _csv(page.items, page.next_cursor)
    lines: list[object] = [*page.items]
    if page.next_cursor is not None:
        lines.append({"cut": CUT, "nextCursor": page.next_cursor})
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _csv(entries: list[EntryView], next_cursor: str | None) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(EntryView.__struct_encode_fields__)
    for entry in entries:
        row: dict[str, Any] = msgspec.to_builtins(entry)
        row["detail"] = msgspec.json.encode(row["detail"]).decode()
        writer.writerow(map(_cell, row.values()))
    if next_cursor is not None:
        writer.writerow([CUT, _cell(next_cursor)])
    return file.getvalue().encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
