r"""Escapes untrusted text, so that no control or bidirectional character reaches a terminal.

Names, paths and messages come from the server, which could be an impostor. Control characters are escaped,
as `\x1b`, and so are characters that would end a line or a cell.
"""

from __future__ import annotations

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that reorder text on display (UAX #9; CVE-2021-42574, "Trojan Source")."""

_OBEYED = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, surrogates (which UTF-8 can't encode), and line and paragraph separators."""

_MOST_TWO_DIGITS = 0xFF


def escape(text: str) -> str:
    r"""Return the text with control characters escaped: `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(each) if _is_obeyed(each) else each for each in text)


def escape_json(text: str) -> str:
    r"""Return JSON with the same characters escaped where `json` leaves them: `\u009b`.

    Outside strings, only the newlines between members remain.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        f"\\u{ord(each):04x}" if _is_obeyed(each) and each != "\n" else each for each in text
    )


def _is_obeyed(character: str) -> bool:
    import unicodedata  # noqa: PLC0415 -- rarely needed

    return unicodedata.category(character) in _OBEYED or character in _DIRECTIONS


def _written_out(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number <= _MOST_TWO_DIGITS else f"\\u{number:04x}"
