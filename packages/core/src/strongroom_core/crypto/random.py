"""The only source of randomness: the kernel's generator, through `secrets`.

A generator of our own in user space would repeat itself in a restored snapshot of a virtual
machine; the kernel's is reseeded there.
"""

import secrets  # noqa: TID251 -- this is its one home
from datetime import datetime
from uuid import UUID

from strongroom_core.kernel import ids


def random_bytes(n: int) -> bytes:
    """Return `n` fresh random bytes. Raises `ValueError` for less than one."""
    if n < 1:
        raise ValueError("ask for at least one random byte")
    return secrets.token_bytes(n)


def new_id(prefix: str) -> str:
    """Make a fresh id of `prefix`, with 80 random bits."""
    return ids.from_random(prefix, random_bytes(ids.RANDOM_BYTES))


def new_key_id() -> UUID:
    """Make a fresh id for a key (UUID version 4, RFC 9562), never to be used again."""
    return UUID(bytes=random_bytes(16), version=4)


def new_uuid(at: datetime) -> UUID:
    """Make a fresh id for a row that is read in order of time (UUID version 7, RFC 9562)."""
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
