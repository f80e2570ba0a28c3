"""Valid values, and properties of generated values (S-2, S-3, S-8)."""

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
def test_values_are_unchanged(text: str) -> None:
    """S-2: any text of up to 64 KiB is accepted, and kept unchanged."""
    assert single_value(text, None).reveal() == text.encode()


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_invalid_values(text: str) -> None:
    """S-2: empty, invalid or overlong text and NUL are rejected, and the message never repeats the text."""
    with pytest.raises(Invalid) as caught:
        single_value(text, None)

    assert caught.value.field == "value"
    assert not text or text not in str(caught.value)


def test_a_value_is_given_or_generated() -> None:
    """S-2, S-8: a request must either give a value or ask for a generated one, and not both."""
    with pytest.raises(Invalid):
        single_value(None, None)
    with pytest.raises(Invalid):
        single_value("x", Recipe())

    assert len(single_value(None, Recipe(length=7))) == 7


def test_blank_fields_are_generated() -> None:
    """S-3: a value is generated for each field that is blank or missing; the others are kept."""
    fields = complete({"user": "ada", "password": "", "pin": None}, Recipe(6, Charset.NUMBERS))

    assert list(fields) == ["user", "password", "pin"]
    assert fields["user"] == "ada"
    assert fields["password"].isdecimal()
    assert len(fields["password"]) == 6
    assert fields["pin"].isdecimal()
    assert complete({"a": None, "b": None}, None)["a"] != complete({"a": None}, None)["a"]
    assert len(complete({"a": None}, None)["a"]) == 32


@pytest.mark.parametrize("text", [each for each in BAD.values() if each], ids=list(BAD)[1:])
def test_fields_have_the_limits_of_values(text: str) -> None:
    """S-3: the same limits apply to each field's value."""
    with pytest.raises(Invalid) as caught:
        complete({"field": text}, None)

    assert caught.value.field == "fields"


@pytest.mark.parametrize("name", ["", " a", "a ", "a\nb", "a\0", "a\u200bb", "x" * 256, "\ud800"])
def test_field_names_are_names(name: str) -> None:
    """S-3: field names have 1 to 255 visible characters."""
    with pytest.raises(Invalid):
        complete({name: "x"}, None)


def test_fields_become_one_blob() -> None:
    """S-3: the result is one JSON object of strings, in the given order."""
    fields = {"b": "1", "a": 'quo"te', "ünï": "🔑\n"}
    blob = structured_value(fields).reveal()

    assert msgspec.json.decode(blob, type=dict[str, str]) == fields
    assert list(msgspec.json.decode(blob)) == ["b", "a", "ünï"]


def test_how_many_fields() -> None:
    """S-3: a structured secret has one to a hundred fields."""
    structured_value({f"f{n}": "x" for n in range(100)})
    with pytest.raises(Invalid):
        structured_value({f"f{n}": "x" for n in range(101)})
    with pytest.raises(Invalid):
        structured_value({})


def test_fields_together_are_limited() -> None:
    """S-3: all fields together can be exactly 64 KiB long."""
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
    """S-8: a value has the requested length and at least one character of each class, and no others."""
    classes = ALPHABETS[charset]
    for _ in range(100 if length < 1024 else 3):
        text = generate(Recipe(length, charset)).reveal().decode()

        assert len(text) == length
        assert set(text) <= set("".join(classes))
        assert all(set(text) & set(group) for group in classes)


@pytest.mark.parametrize("charset", ALPHABETS)
@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_values_are_made_too(charset: Charset, length: int) -> None:
    """S-8: a value of fewer than four characters can't have every class, so none is required."""
    text = generate(Recipe(length, charset)).reveal().decode()

    assert len(text) == length
    assert set(text) <= set("".join(ALPHABETS[charset]))


def test_generated_uuids() -> None:
    """S-8: a generated UUID is random, and its length is fixed."""
    text = generate(Recipe(7, Charset.UUID)).reveal().decode()

    assert str(uuid.UUID(text)) == text
    assert uuid.UUID(text).version == 4


@pytest.mark.parametrize("length", [0, -1, 1025])
def test_lengths_out_of_range(length: int) -> None:
    """S-8: the length is 1 to 1,024."""
    with pytest.raises(Invalid) as caught:
        Recipe(length)

    assert caught.value.field == "length"


def test_generated_values_do_not_repeat() -> None:
    """S-8: generated values of the usual length don't repeat."""
    assert len({generate(Recipe()).reveal() for _ in range(1000)}) == 1000


def test_symbols_need_no_quoting_where_it_matters() -> None:
    """S-8: symbols exclude quotes, backslash, dollar and space, which shells and dotenv files interpret."""
    assert set(SYMBOLS).isdisjoint("'\"`\\$ \t\n&|;<>(){}[]")
