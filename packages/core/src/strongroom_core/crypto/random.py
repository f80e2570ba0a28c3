"""The only source of randomness: the kernel's generator, through `secrets`.

A userspace generator would repeat its output after a virtual machine is restored from a snapshot; the
kernel's generator is reseeded.
"""

import secrets  # noqa: TID251 -- the only import
from datetime import datetime
from uuid import UUID

from strongroom_core.kernel import ids


def random_bytes(n: int) -> bytes:
    """Return `n` random bytes. Raises `ValueError` if `n` is less than one."""
    if n < 1:
        raise ValueError("n must be at least 1")
    return secrets.token_bytes(n)


def new_id(prefix: str) -> str:
    """Return a new ID with `prefix` and 80 random bits."""
    return ids.from_random(prefix, random_bytes(ids.RANDOM_BYTES))


def new_key_id() -> UUID:
    """Return a new key ID (UUID version 4, RFC 9562)."""
    return UUID(bytes=random_bytes(16), version=4)


def new_uuid(at: datetime) -> UUID:
    """Return a new ID for rows that are read in chronological order (UUID version 7, RFC 9562)."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    random = int.from_bytes(random_bytes(10))
    bits = (milliseconds << 80) | random
    return UUID(int=bits & ~(0xF << 76) & ~(0x3 << 62) | (0x7 << 76) | (0x2 << 62))


def random_below(bound: int) -> int:
    """Return a uniformly random integer from 0 to `bound - 1`."""
    return secrets.randbelow(bound)


def random_uuid_text() -> str:
    """Return a random UUID (version 4, RFC 9562) as text, for use as a value."""
    return str(new_key_id())
