"""What may become a value, and what a generated one looks like (S-2, S-3, S-8)."""

from __future__ import annotations

import string
import uuid

import msgspec
import pytest

from strongroom_core.kernel.errors import Invalid
from strongroom_core.secrets.generate import SYMBOLS, Charset, Recipe, generate
from strongroom_core.secrets.values import complete, single_value, structured_value

KIB_64 = 64 * 1024

GOOD = [
    "x",
    " ",
    "\n",
    "with\nlines\r\nand\ttabs",
    "ünïcödé 🔑 \u202e reversed",
    "\x01\x7f",
    "x" * KIB_64,
    "ä" * (KIB_64 // 2),
    "🔑" * (KIB_64 // 4),
]

BAD = {
    "empty": "",
    "one byte too long": "x" * (KIB_64 + 1),
    "one byte too long in UTF-8": "ä" * (KIB_64 // 2) + "x",
    "NUL": "before\0after",
    "lone surrogate": "\ud800",
}


@pytest.mark.parametrize("text", GOOD, ids=lambda text: repr(text[:8]))
def test_values_are_taken_as_typed(text: str) -> None:
    """S-2: any text of up to 64 KiB, to the byte, without a change."""
    assert single_value(text, None).reveal() == text.encode()


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_no_value(text: str) -> None:
    """S-2: empty, over 64 KiB in bytes, with a NUL, or no text at all; the message repeats none of it."""
    with pytest.raises(Invalid) as caught:
        single_value(text, None)

    assert caught.value.field == "value"
    assert not text or text not in str(caught.value)


def test_a_value_is_given_or_generated() -> None:
    """S-2, S-8: one of the two, not both and not neither."""
    with pytest.raises(Invalid):
        single_value(None, None)
    with pytest.raises(Invalid):
        single_value("x", Recipe())

    assert len(single_value(None, Recipe(length=7))) == 7


def test_blank_fields_are_generated() -> None:
    """S-3: a field left blank, empty or absent, gets a value of its own; the others keep theirs."""
    fields = complete({"user": "ada", "password": "", "pin": None}, Recipe(6, Charset.NUMBERS))

    assert list(fields) == ["user", "password", "pin"]
    assert fields["user"] == "ada"
    assert fields["password"].isdecimal()
    assert len(fields["password"]) == 6
    assert fields["pin"].isdecimal()
    assert complete({"a": None, "b": None}, None)["a"] != complete({"a": None}, None)["a"]
    assert len(complete({"a": None}, None)["a"]) == 32


@pytest.mark.parametrize("text", [each for each in BAD.values() if each], ids=list(BAD)[1:])
def test_a_field_takes_what_a_value_takes(text: str) -> None:
    """S-3: each field's value has the same limits."""
    with pytest.raises(Invalid) as caught:
        complete({"field": text}, None)

    assert caught.value.field == "fields"


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\0", "a\u200bb", "x" * 256, "\ud800"])
def test_field_names_are_names(name: str) -> None:
    """S-3: names are readable metadata: visible, 1 to 255 characters."""
    with pytest.raises(Invalid):
        complete({name: "x"}, None)


def test_fields_become_one_blob() -> None:
    """S-3: one JSON object of strings, in the order given."""
    fields = {"b": "1", "a": 'quo"te', "ünï": "🔑\n"}
    blob = structured_value(fields).reveal()

    assert msgspec.json.decode(blob, type=dict[str, str]) == fields
    assert list(msgspec.json.decode(blob)) == ["b", "a", "ünï"]


def test_how_many_fields() -> None:
    """S-3: one to a hundred."""
    structured_value({f"f{n}": "x" for n in range(100)})
    with pytest.raises(Invalid):
        structured_value({f"f{n}": "x" for n in range(101)})
    with pytest.raises(Invalid):
        structured_value({})


def test_fields_together_are_limited() -> None:
    """S-3: 64 KiB for the whole blob, exactly."""
    room = KIB_64 - len(b'{"a":""}')
    structured_value({"a": "x" * room})
    with pytest.raises(Invalid):
        structured_value({"a": "x" * (room + 1)})


ALPHABETS = {
    Charset.NUMBERS: [string.digits],
    Charset.ALPHANUMERIC: [string.ascii_uppercase, string.ascii_lowercase, string.digits],
    Charset.SYMBOLS: [string.ascii_uppercase, string.ascii_lowercase, string.digits, SYMBOLS],
}


@pytest.mark.parametrize("charset", ALPHABETS)
@pytest.mark.parametrize("length", [4, 5, 32, 1024])
def test_generated_values_have_every_class(charset: Charset, length: int) -> None:
    """S-8: the length asked for, only characters of the charset, and each of its classes."""
    classes = ALPHABETS[charset]
    for _ in range(100 if length < 1024 else 3):
        text = generate(Recipe(length, charset)).reveal().decode()

        assert len(text) == length
        assert set(text) <= set("".join(classes))
        assert all(set(text) & set(group) for group in classes)


@pytest.mark.parametrize("charset", ALPHABETS)
@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_values_are_made_too(charset: Charset, length: int) -> None:
    """S-8: below four characters not every class fits, and none is forced."""
    text = generate(Recipe(length, charset)).reveal().decode()

    assert len(text) == length
    assert set(text) <= set("".join(ALPHABETS[charset]))


def test_generated_uuids() -> None:
    """S-8: a UUID is a random one and has its own length."""
    text = generate(Recipe(7, Charset.UUID)).reveal().decode()

    assert str(uuid.UUID(text)) == text
    assert uuid.UUID(text).version == 4


@pytest.mark.parametrize("length", [0, -1, 1025])
def test_lengths_out_of_range(length: int) -> None:
    """S-8: 1 to 1,024."""
    with pytest.raises(Invalid) as caught:
        Recipe(length)

    assert caught.value.field == "length"


def test_generated_values_do_not_repeat() -> None:
    """S-8: two values of the usual length are never the same."""
    assert len({generate(Recipe()).reveal() for _ in range(1000)}) == 1000


def test_symbols_need_no_quoting_where_it_matters() -> None:
    """S-8: no quote, backslash, dollar or space, which shells and dotenv files would read otherwise."""
    assert set(SYMBOLS).isdisjoint("'\"`\\$ \t\n&|;<>(){}[]")
