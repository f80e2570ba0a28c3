"""What may become a secret's value: one text, or named fields."""

from collections.abc import Mapping

import msgspec

from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.names import require_name
from strongroom_core.kernel.plaintext import Plaintext
from strongroom_core.secrets.generate import Recipe, generate

MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
FIELD_NAME_LENGTH = 255

Fields = dict[str, str]
"""The fields of a structured secret in clear. Lives as long as one call and is never kept."""


def single_value(value: str | None, recipe: Recipe | None) -> Plaintext:
    """Return the given value, or a generated one. Exactly one of the two must be asked for.

    Raises `Invalid` for both, neither, an empty value, more than 64 KiB, NUL, or what is no text.
    """
    if (value is None) == (recipe is None):
        raise Invalid("give either a value, or how to generate one", field="value")
    if recipe is not None:
        return generate(recipe)
    return Plaintext(_encoded(value or "", field="value"))


def complete(fields: Mapping[str, str | None], recipe: Recipe | None) -> Fields:
    """Return the fields with every blank one generated (S-3)."""
    for name, value in fields.items():
        require_name(name, field="fields", most=FIELD_NAME_LENGTH)
        if value:
            _encoded(value, field="fields")
    return {
        name: value or generate(recipe or Recipe()).reveal().decode()
        for name, value in fields.items()
    }


def structured_value(fields: Fields) -> Plaintext:
    """Return the one text that holds all fields: a JSON object of strings, in their order.

    Raises `Invalid` for no field, more than 100, or more than 64 KiB together.
    """
    if not fields:
        raise Invalid("a structured secret has at least one field", field="fields")
    if len(fields) > MOST_FIELDS:
        raise Invalid(f"a structured secret has at most {MOST_FIELDS} fields", field="fields")
    encoded = msgspec.json.encode(fields)
    if len(encoded) > MOST_BYTES:
        raise Invalid("the fields are longer than 64 KiB together", field="fields")
    return Plaintext(encoded)


def _encoded(value: str, *, field: str) -> bytes:
    try:
        encoded = value.encode()
    except UnicodeEncodeError:
        raise Invalid("the value is not valid text", field=field) from None
    if not encoded:
        raise Invalid("the value is empty", field=field)
    if b"\0" in encoded:
        raise Invalid("the value contains a NUL, which no environment can carry", field=field)
    if len(encoded) > MOST_BYTES:
        raise Invalid("the value is longer than 64 KiB", field=field)
    return encoded
