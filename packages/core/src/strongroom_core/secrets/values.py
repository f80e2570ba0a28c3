"""Validates a secret's value: a single string, or named fields."""

from collections.abc import Mapping

import msgspec

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.limits import FIELD_NAME_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_core.secrets.generate import Recipe, generate

MOST_BYTES = 64 * 1024
MOST_FIELDS = 100

Fields = dict[str, str]
"""A structured secret's fields in plaintext. They exist only during one call and are never stored."""


def single_value(value: str | None, recipe: Recipe | None) -> Plaintext:
    """Return the given value, or a generated one. The caller must request exactly one of the two.

    Raises `Invalid` for both or neither, and for a value that is empty, longer than 64 KiB, or contains NUL
    or invalid Unicode.
    """
    if (value is None) == (recipe is None):
        raise Invalid("pass either a value or how to generate one", field="value")
    if recipe is not None:
        return generate(recipe)
    return Plaintext(_encoded(value or "", field="value"))


def complete(fields: Mapping[str, str | None], recipe: Recipe | None) -> Fields:
    """Return the fields, with blank ones generated (S-3)."""
    for name, value in fields.items():
        require_name(name, field="fields", most=FIELD_NAME_LENGTH)
        if value:
            _encoded(value, field="fields")
    return {
        name: value or generate(recipe or Recipe()).reveal().decode()
        for name, value in fields.items()
    }


def structured_value(fields: Fields) -> Plaintext:
    """Return all fields as one string: a JSON object of strings, in the given order.

    Raises `Invalid` for no fields, more than 100 fields, or more than 64 KiB in total.
    """
    if not fields:
        raise Invalid("a structured secret needs at least one field", field="fields")
    if len(fields) > MOST_FIELDS:
        raise Invalid(f"a structured secret can have at most {MOST_FIELDS} fields", field="fields")
    encoded = msgspec.json.encode(fields)
    if len(encoded) > MOST_BYTES:
        raise Invalid("the fields are longer than 64 KiB in total", field="fields")
    return Plaintext(encoded)


def _encoded(value: str, *, field: str) -> bytes:
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise Invalid("the value isn't valid Unicode", field=field) from None
    if not encoded:
        raise Invalid("the value is empty", field=field)
    if b"\0" in encoded:
        raise Invalid(
            "the value contains NUL, which environment variables can't contain", field=field
        )
    if len(encoded) > MOST_BYTES:
        raise Invalid("the value is longer than 64 KiB", field=field)
    return encoded
