"""Generates random values (X-1)."""

import string
from dataclasses import dataclass
from enum import StrEnum

from strongroom_core.crypto.random import random_below, random_uuid_text
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.limits import GENERATED_LONGEST, GENERATED_SHORTEST
from strongroom_core.kernel.plaintext import Plaintext

SYMBOLS = "!#%*+,-./:=?@^_~"
USUAL = 32
ONE_OF_EACH_FROM = 4


class Charset(StrEnum):
    """A generated value's characters. All are ASCII: some databases accept others, but fail on them later."""

    SYMBOLS = "symbols"
    ALPHANUMERIC = "alphanumeric"
    NUMBERS = "numbers"
    UUID = "uuid"


_CLASSES = {
    Charset.NUMBERS: (string.digits,),
    Charset.ALPHANUMERIC: (string.ascii_uppercase, string.ascii_lowercase, string.digits),
    Charset.SYMBOLS: (string.ascii_uppercase, string.ascii_lowercase, string.digits, SYMBOLS),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to generate a value. A UUID has a fixed length."""

    length: int = USUAL
    charset: Charset = Charset.SYMBOLS

    def __post_init__(self) -> None:
        if not GENERATED_SHORTEST <= self.length <= GENERATED_LONGEST:
            raise Invalid(
                f"length must be {GENERATED_SHORTEST}–{GENERATED_LONGEST}", field="length"
            )


def generate(recipe: Recipe) -> Plaintext:
    """Return a random value. If it has at least 4 characters, it contains every class of the charset.

    A value that lacks a class is discarded and drawn again (rejection sampling), because inserting a
    character of that class at a chosen position would make the value more predictable.
    """
    if recipe.charset is Charset.UUID:
        return Plaintext.from_text(random_uuid_text())
    classes = _CLASSES[recipe.charset]
    alphabet = "".join(classes)
    while True:
        text = "".join(alphabet[random_below(len(alphabet))] for _ in range(recipe.length))
        complete = all(any(c in group for c in text) for group in classes)
        if complete or recipe.length < ONE_OF_EACH_FROM:
            return Plaintext.from_text(text)
