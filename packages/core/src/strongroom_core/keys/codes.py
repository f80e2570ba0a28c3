"""The code that a person types to find a program's request for a key: eight letters, such as BCDF-GHJK.

A code only names a request. Approving one also needs a session and step-up, and the person compares the
fingerprint. Twenty consonants can't be mistaken for digits and don't spell words (RFC 8628, section 6.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.crypto.keyring import SystemPurpose
from strongroom_core.crypto.random import random_below
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.limits import TYPED_CODE_LENGTH

if TYPE_CHECKING:
    from strongroom_core.core import Core

ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"
LETTERS = 8
_HALF = LETTERS // 2


def new_code() -> str:
    """Return a new code, as it is shown."""
    return _shown("".join(ALPHABET[random_below(len(ALPHABET))] for _ in range(LETTERS)))


def require_code(typed: str) -> str:
    """Return the code in the form that is shown, ignoring case, spaces and hyphens. Raises `Invalid`."""
    letters = "".join(
        each for each in typed[:TYPED_CODE_LENGTH].upper() if each not in " -\t\u2013\u2014"
    )
    if len(letters) != LETTERS or any(each not in ALPHABET for each in letters):
        raise Invalid("enter the eight letters that the program shows", field="code")
    return _shown(letters)


def code_digest(core: Core, code: str) -> bytes:
    """Return the digest to store. A code is short, so its digest needs a key that isn't in the database."""
    return core.require_keyring().mac(SystemPurpose.PEPPER, b"key-code\0" + code.encode())


def _shown(letters: str) -> str:
    return f"{letters[:_HALF]}-{letters[_HALF:]}"
