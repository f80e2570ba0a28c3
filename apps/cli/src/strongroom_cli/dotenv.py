r"""Lines of a `.env` file which python-dotenv and Node's `--env-file` read as the same values.

There is no grammar of these files, only readers, and they disagree: on escapes, on `#`, on which quotes
there are. So for each value the first of these forms is taken that both read back, and a value with
none is refused:

- bare, on one line, with nothing in it that either would cut off, trim or unquote;
- in single quotes: Node takes them literally; python-dotenv turns `\\` and `\'` into one character;
- in double quotes: Node turns `\n` into a newline; python-dotenv does so with ten escapes.

Neither reader keeps a carriage return, and python-dotenv replaces `${…}` whatever the quotes.
"""

from __future__ import annotations

import re

_EXPANDED = re.compile(r"\$\{[^}:]*(?::-[^}]*)?\}")
"""What python-dotenv replaces by a variable, unless told `interpolate=False`."""

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+")
_SINGLE_ESCAPES = re.compile(r"\\[\\']")
_DOUBLE_ESCAPES = re.compile(r"\\[\\'\"abfnrtv]")


class Unwritable(ValueError):
    """No form of this value is read alike by both. The text gives the reason, never the value."""


def dotenv_line(name: str, value: str) -> str:
    """Return `NAME=value` in a form that both readers understand, without a line end.

    Raises `Unwritable`.
    """
    if "\0" in value:
        raise Unwritable("it holds a NUL character")
    if "\r" in value:
        raise Unwritable("it holds a carriage return, which readers of these files drop")
    if _EXPANDED.search(value):
        raise Unwritable("it holds ${…}, which python-dotenv would expand")
    for fits, quote in ((_fits_bare, ""), (_fits_single, "'"), (_fits_double, '"')):
        if fits(value):
            return f"{name}={quote}{value}{quote}"
    if _fits_unquoted(value):
        return f"{name}={value}"
    raise Unwritable("its quotes, backslashes or line ends are read differently by each reader")


def _fits_bare(value: str) -> bool:
    return _PLAIN.fullmatch(value) is not None


def _fits_single(value: str) -> bool:
    return "'" not in value and not value.endswith("\\") and not _SINGLE_ESCAPES.search(value)


def _fits_double(value: str) -> bool:
    return '"' not in value and not value.endswith("\\") and not _DOUBLE_ESCAPES.search(value)


def _fits_unquoted(value: str) -> bool:
    """Both take a bare line to its end, but for a comment and blanks around it."""
    return (
        value != ""
        and value[0] not in "'\"`"
        and "\n" not in value
        and "#" not in value
        and value == value.strip()
    )
