"""A root key derived from ten random words with Argon2id.

The words are from the SLIP-39 list (1,024 words that differ in their first four letters), so ten of them give
100 bits. A passphrase is always generated, because one that a person made up could be brute-forced offline
against the key-check value.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Self

from argon2.low_level import Type, hash_secret_raw
from shamir_mnemonic.wordlist import (  # pyright: ignore[reportMissingTypeStubs]
    WORD_INDEX_MAP,
    WORDLIST,
)

from strongroom_core.crypto.key import KEY_BYTES
from strongroom_core.crypto.random import random_bytes
from strongroom_core.crypto.root import RootKey
from strongroom_core.kernel.errors import IntegrityFailure, Invalid

WORDS = 10
BITS = 10 * WORDS

_SALT_BYTES = 16
_MOST_MEMORY_KIB = 4 * 1024 * 1024
_SHAPE = re.compile(
    r"argon2id\$v=19\$m=(?P<m>[0-9]{1,8}),t=(?P<t>[0-9]{1,3}),p=(?P<p>[0-9]{1,3})"
    r"\$(?P<salt>[A-Za-z0-9+/]{22})"
)


@dataclass(frozen=True, slots=True)
class PassphraseParameters:
    """How a root key is derived from a passphrase. Stored as text next to the key-check value.

    `memory` is in KiB. The defaults are those of E-2: 1 GiB, 4 passes, 4 lanes (Argon2id, RFC 9106). None of
    the parameters are secret.
    """

    salt: bytes = field(repr=False)
    memory: int = 1024 * 1024
    passes: int = 4
    lanes: int = 4

    def to_text(self) -> str:
        """Return ``argon2id$v=19$m=…,t=…,p=…$salt``, based on the PHC string format."""
        salt = base64.b64encode(self.salt).decode().rstrip("=")
        return f"argon2id$v=19$m={self.memory},t={self.passes},p={self.lanes}${salt}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse the result of `to_text`. Raises `IntegrityFailure` for any other text and for over 4 GiB."""
        match = _SHAPE.fullmatch(text)
        if match is None or int(match["m"]) > _MOST_MEMORY_KIB:
            raise IntegrityFailure
        try:
            salt = base64.b64decode(match["salt"] + "==", validate=True)
        except binascii.Error:  # pragma: no cover - the pattern allows only 22 characters of base64
            raise IntegrityFailure from None
        return cls(salt, int(match["m"]), int(match["t"]), int(match["p"]))


def new_parameters() -> PassphraseParameters:
    """Return parameters for a new passphrase: the current cost and a new salt."""
    return PassphraseParameters(random_bytes(_SALT_BYTES))


def generate_passphrase() -> str:
    """Generate a passphrase of ten words, 100 random bits, separated by spaces."""
    # 1,024 divides 65,536, so the remainder of two random bytes has no bias.
    draws = (int.from_bytes(random_bytes(2), "big") % len(WORDLIST) for _ in range(WORDS))
    return " ".join(WORDLIST[draw] for draw in draws)


def root_from_passphrase(passphrase: str, parameters: PassphraseParameters) -> RootKey:
    """Derive the root key from a generated passphrase. Case, spaces and dashes don't matter.

    This takes a second or more, and as much memory as the parameters require, so run it in `Argon2Queue`.
    First, it raises `Invalid` unless the passphrase consists of ten words from the list.
    """
    words = re.findall(r"[^\s\-]+", passphrase.lower())
    if len(words) != WORDS:
        raise Invalid(
            f"the passphrase must have {WORDS} words; this one has {len(words)}", field="passphrase"
        )
    for position, word in enumerate(words, start=1):
        if word not in WORD_INDEX_MAP:
            raise Invalid(
                f"word {position} of the passphrase isn't in the word list; check for typos",
                field="passphrase",
            )
    raw = hash_secret_raw(
        secret=" ".join(words).encode(),
        salt=parameters.salt,
        time_cost=parameters.passes,
        memory_cost=parameters.memory,
        parallelism=parameters.lanes,
        hash_len=KEY_BYTES,
        type=Type.ID,
    )
    return RootKey(raw)
