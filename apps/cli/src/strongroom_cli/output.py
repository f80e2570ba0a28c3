"""Writes data to stdout, everything else to stderr.

Untrusted text is escaped. Values are not: `write` writes them unmodified.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from strongroom_cli.escape import escape, escape_json
from strongroom_cli.failures import Failure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_cli.choices import Choices

JSON, PLAIN, TABLE = "json", "plain", "table"
ALL_KINDS = (JSON, PLAIN, TABLE)
UNLIMITED_WIDTH = 1000
BESIDE = 30
"""The minimum width of a table, not counting its first column."""


def at_terminal() -> bool:
    """Whether stdout is a terminal. A closed stdout isn't."""
    # sys.stdout is None if the descriptor was closed, despite what the type stubs say.
    return sys.stdout is not None and sys.stdout.isatty()  # pyright: ignore[reportUnnecessaryComparison]


def can_ask() -> bool:
    """Whether someone at a terminal can respond on stdin."""
    return sys.stdin is not None and sys.stdin.isatty()  # pyright: ignore[reportUnnecessaryComparison]


def write(text: str) -> None:
    """Write data in UTF-8, regardless of the locale, without adding anything.

    Raises `Failure` if stdout is closed or full, and `BrokenPipeError` if the reader has gone away.
    """
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise Failure("standard output is closed", "redirect it")
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Failure(f"standard output: {reason}", "redirect it somewhere else") from None


def write_line(text: str) -> None:
    """Write a line of text, escaped."""
    write(f"{escape(text)}\n")


def write_cells(cells: Sequence[str]) -> None:
    """Write one row, separated by tabs."""
    write("\t".join(map(escape, cells)) + "\n")


def write_json(content: object) -> None:
    """Write data as JSON."""
    import json  # noqa: PLC0415 -- most commands write none

    write(escape_json(json.dumps(content, ensure_ascii=False, indent=2)) + "\n")


def write_json_line(content: object) -> None:
    """Write data as one line of JSON, for streams."""
    import json  # noqa: PLC0415 -- the same

    write(escape_json(json.dumps(content, ensure_ascii=False)) + "\n")


def complain(message: str, hint: str = "") -> None:
    """Print an error."""
    _say(f"strongroom: {message}")
    if hint:
        _say(f"  hint: {hint}")


def note(choices: Choices, text: str) -> None:
    """Print a note, unless --quiet was given."""
    if not choices.quiet:
        _say(f"strongroom: {text}")


def warn(text: str) -> None:
    """Print a warning, even with --quiet."""
    _say(f"strongroom: {text}")


def kind_of(choices: Choices) -> str:
    """Return the requested output format, or by default a table for people and plain text for programs."""
    return choices.output or (TABLE if at_terminal() else PLAIN)


def write_rows(
    choices: Choices,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    objects: Sequence[Mapping[str, object]],
) -> None:
    """Write rows as tab-separated lines without a header, as a table, or as JSON objects."""
    kind = kind_of(choices)
    if kind == JSON:
        write_json(objects)
    elif kind == TABLE:
        _write_table(columns, rows)
    else:
        write("".join("\t".join(map(escape, row)) + "\n" for row in rows))


def write_facts(choices: Choices, facts: Mapping[str, object]) -> None:
    """Write names and values: one `name: value` per line, or a JSON object.

    In lines, booleans become yes or no, lists are joined, and None becomes an empty text.
    """
    if kind_of(choices) == JSON:
        write_json({name.replace(" ", "_"): fact for name, fact in facts.items()})
        return
    width = max(map(len, facts)) + 1
    lines = [(f"{name + ':':{width}}", escape(_told(fact))) for name, fact in facts.items()]
    room = _columns() if at_terminal() else UNLIMITED_WIDTH
    write("".join(f"{name}{_gap(name, fact, room)}{fact}\n" for name, fact in lines))


def _gap(name: str, fact: str, room: int) -> str:
    """Return the separator between a name and its fact: a new line if both don't fit on one line."""
    return " " if len(name) + 1 + len(fact) <= room or len(fact) > room else "\n"


def _columns() -> int:
    from shutil import get_terminal_size  # noqa: PLC0415 -- only for terminals

    return get_terminal_size().columns


def in_color() -> bool:
    """Whether stdout is a terminal whose user wants colors (no-color.org)."""
    return at_terminal() and not os.environ.get("NO_COLOR") and _terminal_has_colors()


def _terminal_has_colors() -> bool:
    return os.environ.get("TERM", "") not in {"", "dumb"}


def _told(fact: object) -> str:
    match fact:
        case None:
            return ""
        case bool():
            return "yes" if fact else "no"
        case list():
            return ", ".join(map(str, fact))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return str(fact)


def _write_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from io import StringIO  # noqa: PLC0415 -- only for terminals

    from rich.console import Console  # noqa: PLC0415 -- slow to import, and only for terminals
    from rich.table import Table  # noqa: PLC0415 -- the same
    from rich.text import Text  # noqa: PLC0415 -- the same

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, column in enumerate(columns):
        # The first column is what people copy, so it stays in one piece.
        table.add_column(column.upper(), overflow="fold", no_wrap=number == 0)
    for row in rows:
        # A name in square brackets must not be parsed as markup.
        table.add_row(*(Text(escape(cell)) for cell in row))
    colors = in_color()
    longest = max((len(row[0]) for row in rows), default=0)
    drawn = StringIO()
    Console(
        file=drawn,
        force_terminal=colors,
        color_system="auto" if colors else None,
        highlight=False,
        # A piped table isn't folded, and one in a terminal leaves room beside its first column.
        width=max(_columns(), longest + BESIDE) if at_terminal() else UNLIMITED_WIDTH,
    ).print(table)
    write(drawn.getvalue())


def _say(text: str) -> None:
    # stderr may be closed or its disk may be full, which must not end the command.
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        return
    with suppress(OSError):
        sys.stderr.write(escape(text) + "\n")
        sys.stderr.flush()
