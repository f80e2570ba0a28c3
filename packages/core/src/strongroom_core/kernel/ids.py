"""IDs are strings with a prefix, the same internally and in the API, so that they need no translation.

IDs are opaque to clients. New ones have 80 random bits; the database's primary key ensures uniqueness.
"""

import base64
import re
from typing import NewType

VaultId = NewType("VaultId", str)
AccountId = NewType("AccountId", str)
SessionId = NewType("SessionId", str)
KeyId = NewType("KeyId", str)
ApplicationId = NewType("ApplicationId", str)
ProjectId = NewType("ProjectId", str)
SecretId = NewType("SecretId", str)
MaterialId = NewType("MaterialId", str)
ShareId = NewType("ShareId", str)
DropBoxId = NewType("DropBoxId", str)
PolicyId = NewType("PolicyId", str)
WebhookId = NewType("WebhookId", str)
DeliveryId = NewType("DeliveryId", str)

INSTALLATION = VaultId("installation")
"""The reserved vault, for everything that doesn't belong to a tenant."""

RANDOM_BYTES = 10
_SHAPE = re.compile(r"(?P<prefix>[a-z]{2,6})_[a-z2-7]{16}")


def from_random(prefix: str, random: bytes) -> str:
    """Build an ID from a prefix and ten random bytes, such as `proj_` and 16 lower-case base32 characters."""
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"an ID needs {RANDOM_BYTES} random bytes")
    return f"{prefix}_{base64.b32encode(random).decode().lower()}"


def is_id(text: str, prefix: str) -> bool:
    """Whether `text` is a well-formed ID with this prefix. The object itself may not exist."""
    match = _SHAPE.fullmatch(text)
    return match is not None and match["prefix"] == prefix
