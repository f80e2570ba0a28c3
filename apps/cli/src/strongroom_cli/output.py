"""Data goes to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_cli.choices import Choices

JSON, PLAIN, TABLE = "json", "plain", "table"
ALL_KINDS = (JSON, PLAIN, TABLE)


def write(text: str) -> None:
    """Write data, in UTF-8 whatever the locale, and nothing added to it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def write_line(text: str) -> None:
    """Write a line of data."""
    write(f"{text}\n")


def write_json(content: object) -> None:
    """Write data as JSON."""
    import json  # noqa: PLC0415 -- most commands write none

    write_line(json.dumps(content, ensure_ascii=False, indent=2))


def write_json_line(content: object) -> None:
    """Write data as one line of JSON, for streams."""
    import json  # noqa: PLC0415 -- the same

    write_line(json.dumps(content, ensure_ascii=False))


def complain(message: str, hint: str = "") -> None:
    """Say what went wrong, in the one form of an error."""
    _say(f"strongroom: {message}")
    if hint:
        _say(f"  hint: {hint}")


def note(choices: Choices, text: str) -> None:
    """Say something for people, unless they asked for quiet."""
    if not choices.quiet:
        _say(f"strongroom: {text}")


def warn(text: str) -> None:
    """Say something that quiet does not silence."""
    _say(f"strongroom: {text}")


def kind_of(choices: Choices) -> str:
    """Return how data is to be written: as asked, else a table for people and plain for programs."""
    return choices.output or (TABLE if sys.stdout.isatty() else PLAIN)


def write_rows(choices: Choices, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows: tab-separated without a head, as a table, or as JSON objects."""
    kind = kind_of(choices)
    if kind == JSON:
        keys = [column.replace(" ", "_") for column in columns]
        write_json([dict(zip(keys, row, strict=True)) for row in rows])
    elif kind == TABLE:
        _write_table(columns, rows)
    else:
        write("".join("\t".join(row) + "\n" for row in rows))


def write_facts(choices: Choices, facts: Mapping[str, str]) -> None:
    """Write names and values: one `name: value` per line, or a JSON object."""
    if kind_of(choices) == JSON:
        write_json({name.replace(" ", "_"): text for name, text in facts.items()})
        return
    width = max(map(len, facts)) + 1
    write("".join(f"{name + ':':{width}} {text}\n" for name, text in facts.items()))


def in_colour() -> bool:
    """Whether stdout is a terminal of somebody who wants colours (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and _terminal_has_colours()


def _terminal_has_colours() -> bool:
    return os.environ.get("TERM", "") not in {"", "dumb"}


def _write_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console  # noqa: PLC0415 -- heavy, and only for people
    from rich.table import Table  # noqa: PLC0415 -- the same
    from rich.text import Text  # noqa: PLC0415 -- the same

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.upper(), overflow="fold")
    for row in rows:
        # A name in square brackets is a name, not markup.
        table.add_row(*map(Text, row))
    # A table that is piped somewhere is not folded at eighty columns.
    width = None if sys.stdout.isatty() else 1000
    colours = "auto" if in_colour() else None
    Console(color_system=colours, highlight=False, width=width).print(table)


def _say(text: str) -> None:
    # Whether stdout works is for those to tell who write to it.
    with suppress(OSError):
        sys.stdout.flush()
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
