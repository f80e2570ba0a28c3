"""Ids: prefixed text outside and inside, so that nothing has to be translated and a log line reads.

An id is opaque to clients. Fresh ones carry 80 random bits; uniqueness is the database's primary key.
"""

import base64
import re
from typing import NewType

VaultId = NewType("VaultId", str)
AccountId = NewType("AccountId", str)
SessionId = NewType("SessionId", str)
ApplicationId = NewType("ApplicationId", str)
ProjectId = NewType("ProjectId", str)
SecretId = NewType("SecretId", str)
MaterialId = NewType("MaterialId", str)

INSTALLATION = VaultId("installation")
"""The reserved vault: what concerns no tenant is recorded and stored there."""

RANDOM_BYTES = 10
_SHAPE = re.compile(r"(?P<prefix>[a-z]{2,6})_[a-z2-7]{16}")


def from_random(prefix: str, random: bytes) -> str:
    """Make an id of `prefix` from ten random bytes: `proj_` and 16 characters of lower-case base32."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"an id takes {RANDOM_BYTES} random bytes")
    return f"{prefix}_{base64.b32encode(random).decode().lower()}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` has the form of an id of this prefix. Says nothing about existence."""
    match = _SHAPE.fullmatch(text)
    return match is not None and match["prefix"] == prefix
