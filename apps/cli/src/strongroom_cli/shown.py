r"""Texts of others on their way to a person: nothing in them moves a cursor or turns a line around.

Names, addresses and sentences come from the server, and a server may be somebody else's. What a
terminal obeys rather than shows is written out, as `\x1b`, and so is what would end a line or a cell.
"""

from __future__ import annotations

_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""By these a text shows in another order than it is stored in (UAX #9; CVE-2021-42574)."""

_OBEYED = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Controls, halves of characters, which have no UTF-8, and the separators of lines and paragraphs."""

_MOST_TWO_DIGITS = 0xFF


def shown(text: str) -> str:
    r"""Return a text with what a terminal would obey written out: `\x1b`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_written_out(each) if _is_obeyed(each) else each for each in text)


def shown_in_json(text: str) -> str:
    r"""Return JSON in which the same characters are escaped, where `json` leaves them: `\u009b`.

    None of them is left outside of strings but the newlines between members.
    """
    if text.isascii() and "\x7f" not in text:
        return text
    return "".join(
        f"\\u{ord(each):04x}" if _is_obeyed(each) and each != "\n" else each for each in text
    )


def _is_obeyed(character: str) -> bool:
    import unicodedata  # noqa: PLC0415 -- most texts have nothing to look up

    return unicodedata.category(character) in _OBEYED or character in _DIRECTIONS


def _written_out(character: str) -> str:
    number = ord(character)
    return f"\\x{number:02x}" if number <= _MOST_TWO_DIGITS else f"\\u{number:04x}"
