"""Rules for names (S-2, V-3)."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.names import folded, require_name, require_text

HIDDEN = [
    "\0",
    "\n",
    "\t",
    "\x1b",
    "\x7f",
    "\x85",
    "\u00ad",
    "\u034f",
    "\u061c",
    "\u115f",
    "\u180e",
    "\u200b",
    "\u200d",
    "\u200e",
    "\u2028",
    "\u2029",
    "\u202e",
    "\u2066",
    "\u2800",
    "\u3164",
    "\ud800",
    "\udfff",
    "\ue000",
    "\ufeff",
    "\ufff9",
    "\uffff",
    "\U000e0041",
    "\U0010ffff",
]


@pytest.mark.parametrize(
    "name", ["x", "a b", "Größe", "日本語", "🔑", "a\u0308", "a\u00a0b", "-", "'"]
)
def test_names_are_unchanged(name: str) -> None:
    """S-2: names in any script are kept and shown as typed."""
    assert require_name(name, field="name", most=10) == name


@pytest.mark.parametrize("character", HIDDEN, ids=lambda character: f"U+{ord(character):04X}")
def test_invisible_characters_are_rejected(character: str) -> None:
    """S-2: control, direction, invisible, private and unassigned characters are rejected anywhere."""
    for name in (character, f"a{character}b", f"{character}b", f"b{character}"):
        with pytest.raises(Invalid) as caught:
            require_name(name, field="name", most=10)

        assert caught.value.field == "name"
        assert character not in str(caught.value)


def test_no_control_or_format_character_at_all() -> None:
    """S-2: no character in a hidden or control category of Unicode is allowed."""
    let_in: list[str] = []
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
            try:
                require_name(f"a{character}b", field="name", most=10)
            except Invalid:
                continue
            let_in.append(hex(code))

    assert let_in == []


@pytest.mark.parametrize("name", ["", " ", " a", "a ", "\u3000a", "a\u2003", "x" * 11])
def test_names_have_a_beginning_and_an_end(name: str) -> None:
    """S-2: a name can't be empty, too long, or start or end with a space."""
    with pytest.raises(Invalid):
        require_name(name, field="name", most=10)


def test_a_name_of_the_greatest_length() -> None:
    """S-2: the limit is in characters, not bytes."""
    assert require_name("🔑" * 10, field="name", most=10) == "🔑" * 10


def test_longer_texts() -> None:
    """S-2: a note can have line breaks and tabs, but no invisible characters; an empty one is None."""
    assert require_text("a\n\tb", field="note", most=10) == "a\n\tb"
    assert require_text("", field="note", most=10) is None
    assert require_text(None, field="note", most=10) is None
    for text in ("x" * 11, "a\rb", "a\0", "\u202e"):
        with pytest.raises(Invalid):
            require_text(text, field="note", most=10)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("API_KEY", "api_key"),
        ("straße", "STRASSE"),
        ("ａpi", "API"),
        ("ä", "a\u0308"),
        ("ﬁ", "FI"),
        ("İ".lower(), "İ"),
    ],
)
def test_names_that_are_the_same(one: str, other: str) -> None:
    """V-3: names that differ only in case, width or composition are the same."""
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("a", "b"), ("a", "ä"), ("a b", "ab"), ("o", "0")])
def test_names_that_are_different(one: str, other: str) -> None:
    """V-3: names that differ in anything else are different."""
    assert folded(one) != folded(other)


def test_the_folded_form_fits_its_column() -> None:
    """V-3: folding can turn one character into eighteen; the column has room for 510."""
    assert len(folded("ﷺ" * 255)) == 510
