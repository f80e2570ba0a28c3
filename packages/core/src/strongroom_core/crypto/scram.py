"""What PostgreSQL stores instead of a password: a SCRAM-SHA-256 verifier (RFC 5803, RFC 7677).

PostgreSQL accepts it in `alter role … password`. A statement with the password itself could be kept in
PostgreSQL's log and statistics.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

from strongroom_core.crypto.random import random_bytes

ITERATIONS = 4096
"""PostgreSQL's own default. Our passwords are random, so more iterations would only delay each login."""


def scram_verifier(password: str) -> str:
    """Return a verifier, with a new salt, for a password of ASCII letters, digits, `-` and `_`."""
    salt = random_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, ITERATIONS)
    stored = hashlib.sha256(_key(salted, b"Client Key")).digest()
    of_server = _key(salted, b"Server Key")
    return f"SCRAM-SHA-256${ITERATIONS}:{_text(salt)}${_text(stored)}:{_text(of_server)}"


def _key(salted: bytes, label: bytes) -> bytes:
    return hmac.digest(salted, label, "sha256")


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")
