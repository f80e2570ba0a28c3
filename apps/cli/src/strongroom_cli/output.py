"""Data goes to stdout, everything else to stderr.

What others wrote is shown with its control characters written out. Values are not: `write` writes
them as they are.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from strongroom_cli.exits import Failure
from strongroom_cli.shown import shown, shown_in_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_cli.choices import Choices

JSON, PLAIN, TABLE = "json", "plain", "table"
ALL_KINDS = (JSON, PLAIN, TABLE)
UNLIMITED_WIDTH = 1000


def at_terminal() -> bool:
    """Whether stdout is a terminal. One that was closed is none."""
    # Python has no stream where the descriptor was closed, whatever its stubs say.
    return sys.stdout is not None and sys.stdout.isatty()  # pyright: ignore[reportUnnecessaryComparison]


def can_ask() -> bool:
    """Whether somebody at a terminal can answer on stdin."""
    return sys.stdin is not None and sys.stdin.isatty()  # pyright: ignore[reportUnnecessaryComparison]


def write(text: str) -> None:
    """Write data, in UTF-8 whatever the locale, and nothing added to it.

    Raises `Failure` when stdout is closed or full, and `BrokenPipeError` when its reader went away.
    """
    if sys.stdout is None:  # pyright: ignore[reportUnnecessaryComparison]
        raise Failure("standard output is closed", "send it somewhere")
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Failure(f"standard output: {reason}", "send it somewhere else") from None


def write_line(text: str) -> None:
    """Write a line that people may read."""
    write(f"{shown(text)}\n")


def write_cells(cells: Sequence[str]) -> None:
    """Write one row, separated by tabs."""
    write("\t".join(map(shown, cells)) + "\n")


def write_json(content: object) -> None:
    """Write data as JSON."""
    import json  # noqa: PLC0415 -- most commands write none

    write(shown_in_json(json.dumps(content, ensure_ascii=False, indent=2)) + "\n")


def write_json_line(content: object) -> None:
    """Write data as one line of JSON, for streams."""
    import json  # noqa: PLC0415 -- the same

    write(shown_in_json(json.dumps(content, ensure_ascii=False)) + "\n")


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
    return choices.output or (TABLE if at_terminal() else PLAIN)


def write_rows(
    choices: Choices,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    objects: Sequence[Mapping[str, object]],
) -> None:
    """Write rows: tab-separated without a head, as a table, or the same things as JSON objects."""
    kind = kind_of(choices)
    if kind == JSON:
        write_json(objects)
    elif kind == TABLE:
        _write_table(columns, rows)
    else:
        write("".join("\t".join(map(shown, row)) + "\n" for row in rows))


def write_facts(choices: Choices, facts: Mapping[str, object]) -> None:
    """Write names and values: one `name: value` per line, or a JSON object.

    In lines a truth is yes or no, several things stand behind each other, and None is nothing.
    """
    if kind_of(choices) == JSON:
        write_json({name.replace(" ", "_"): fact for name, fact in facts.items()})
        return
    width = max(map(len, facts)) + 1
    write("".join(f"{name + ':':{width}} {shown(_told(fact))}\n" for name, fact in facts.items()))


def in_colour() -> bool:
    """Whether stdout is a terminal of somebody who wants colours (no-color.org)."""
    return at_terminal() and not os.environ.get("NO_COLOR") and _terminal_has_colours()


def _terminal_has_colours() -> bool:
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
    from io import StringIO  # noqa: PLC0415 -- only for people
    from shutil import get_terminal_size  # noqa: PLC0415 -- the same

    from rich.console import Console  # noqa: PLC0415 -- heavy, and only for people
    from rich.table import Table  # noqa: PLC0415 -- the same
    from rich.text import Text  # noqa: PLC0415 -- the same

    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column.upper(), overflow="fold")
    for row in rows:
        # A name in square brackets is a name, not markup.
        table.add_row(*(Text(shown(cell)) for cell in row))
    colours = in_colour()
    drawn = StringIO()
    Console(
        file=drawn,
        force_terminal=colours,
        color_system="auto" if colours else None,
        highlight=False,
        # A table that is piped somewhere is not folded at eighty columns.
        width=get_terminal_size().columns if at_terminal() else UNLIMITED_WIDTH,
    ).print(table)
    write(drawn.getvalue())


def _say(text: str) -> None:
    # Nobody may be listening, or the disk under a log may be full: that must not end what is done.
    if sys.stderr is None:  # pyright: ignore[reportUnnecessaryComparison]
        return
    with suppress(OSError):
        sys.stderr.write(shown(text) + "\n")
        sys.stderr.flush()
