"""CSV files for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strongroom_core.kernel.view import View

MEDIA_TYPE = "text/csv"

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""Characters that turn a cell into a formula (CSV injection). A leading quote prevents that (OWASP)."""


def write_csv(kind: type[View], rows: Iterable[View], *last: str) -> bytes:
    """Return a file with a heading, a line per view and, if `last` has cells, a line with these.

    Members that are objects or lists become JSON.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(kind.__struct_encode_fields__)
    for row in rows:
        members: dict[str, Any] = msgspec.to_builtins(row)
        writer.writerow(map(_cell, members.values()))
    if last:
        writer.writerow(map(_cell, last))
    return file.getvalue().encode()


def _cell(value: object) -> str:
    if isinstance(value, dict | list):
        value = msgspec.json.encode(value).decode()
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
