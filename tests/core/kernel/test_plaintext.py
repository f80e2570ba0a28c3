"""A secret value can't leak except through the one explicit method."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import cast

import msgspec
import pytest

from strongroom_core.kernel.plaintext import Plaintext

MARKER = "plaintext-marker-93f1c0"

REFUSED: dict[str, Callable[[Plaintext], object]] = {
    "pickle": pickle.dumps,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": json.dumps,
    "msgspec": msgspec.json.encode,
    "hash": hash,
    "equality": lambda value: value == Plaintext.from_text(MARKER),
    "inequality": lambda value: value != Plaintext.from_text(MARKER),
    "truth": bool,
    "vars": vars,
    "iteration": cast("Callable[[Plaintext], object]", list),
    "bytes": cast("Callable[[Plaintext], object]", bytes),
    "format specification": lambda value: f"{value:>40}",
    "dictionary key": lambda value: {value: 1},
}


@pytest.mark.parametrize("way", REFUSED)
def test_operations_that_would_leak_raise(way: str) -> None:
    """E-5: operations that would leak the value raise, and the message doesn't contain it."""
    with pytest.raises(TypeError) as caught:
        REFUSED[way](Plaintext.from_text(MARKER))

    assert MARKER not in str(caught.value)


@pytest.mark.parametrize(
    "show",
    [repr, str, "{}".format, "{!r}".format, "{!s}".format, "%s".__mod__, ascii],
    ids=["repr", "str", "format", "format-r", "format-s", "percent", "ascii"],
)
def test_shows_a_mask(show: Callable[[object], str]) -> None:
    """E-5: `str`, `repr` and formatting show a mask, not the value."""
    assert show(Plaintext.from_text(MARKER)) == "Plaintext(***)"


def test_shows_a_mask_inside_containers() -> None:
    """E-5: the mask also appears when the value is inside a container that is printed."""
    value = Plaintext.from_text(MARKER)

    assert MARKER not in repr({"fields": [value, (value,)]})


def test_reveal_returns_the_bytes() -> None:
    """`reveal` returns the bytes; their length isn't secret."""
    value = Plaintext.from_text("ü" + MARKER)

    assert value.reveal() == ("ü" + MARKER).encode()
    assert len(value) == len(("ü" + MARKER).encode())


def test_has_no_place_for_other_attributes() -> None:
    """A value has no other attributes, so no library can attach a copy to it."""
    with pytest.raises(AttributeError):
        setattr(Plaintext(b"x"), "note", MARKER)  # noqa: B010
