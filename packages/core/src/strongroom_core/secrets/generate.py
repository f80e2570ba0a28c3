"""Random values for people who do not want to think of one (X-1)."""

import string
from dataclasses import dataclass
from enum import StrEnum

from strongroom_core.crypto.random import random_below, random_uuid_text
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.plaintext import Plaintext

SYMBOLS = "!#%*+,-./:=?@^_~"
SHORTEST, LONGEST, USUAL = 1, 1024, 32
ONE_OF_EACH_FROM = 4


class Charset(StrEnum):
    """The characters a generated value is made of. ASCII only: some databases accept and then refuse more."""

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
    """How a value is to be generated. A UUID has its own length."""

    length: int = USUAL
    charset: Charset = Charset.SYMBOLS

    def __post_init__(self) -> None:
        if not SHORTEST <= self.length <= LONGEST:
            raise Invalid(f"length is {SHORTEST} to {LONGEST}", field="length")


def generate(recipe: Recipe) -> Plaintext:
    """Return a random value. With 4 characters or more, each class of the charset occurs.

    Values that lack a class are thrown away whole and drawn again: putting one in at a chosen place
    would make the rest predictable.
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
