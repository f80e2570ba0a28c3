"""Entries as a file: CSV for spreadsheets, NDJSON for programs (L-4)."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from strongroom_api.answers import Answer
from strongroom_core.audit.entry import Detail, Outcome, Severity
from strongroom_core.kernel.page import Page
from strongroom_core.record.export import ExportForm
from strongroom_core.record.views import EntryView


class EntryAnswer(Answer, kw_only=True, frozen=True):
    """One entry. Names are those of its moment; those of project and application are today's."""

    id: UUID
    at: datetime
    action: str
    severity: Severity
    outcome: Outcome
    reason: str | None
    actor_kind: str
    actor_id: str | None
    actor_name: str
    target_kind: str | None
    target_id: str | None
    target_name: str | None
    project_id: str | None
    project_name: str | None
    environment: str | None
    application_id: str | None
    application_name: str | None
    address: str
    country: str | None
    request_id: str
    detail: Detail
    incarnation: int
    leaf: int | None


MEDIA_TYPES: Mapping[ExportForm, str] = {
    ExportForm.CSV: "text/csv",
    ExportForm.NDJSON: "application/x-ndjson",
}

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula; a quote before it makes it a text (OWASP)."""

CUT = "cut here: there are more; go on with this cursor"


def write_file(page: Page[EntryView], form: ExportForm) -> bytes:
    """Return the entries as a file. A last line says where to go on, if there are more."""
    entries = msgspec.convert(page.items, list[EntryAnswer], from_attributes=True)
    if form is ExportForm.CSV:
        return _csv(entries, page.next_cursor)
    lines: list[object] = [*entries]
    if page.next_cursor is not None:
        lines.append({"cut": CUT, "nextCursor": page.next_cursor})
    return b"".join(msgspec.json.encode(line) + b"\n" for line in lines)


def _csv(entries: list[EntryAnswer], next_cursor: str | None) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(EntryAnswer.__struct_encode_fields__)
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
