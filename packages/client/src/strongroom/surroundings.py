"""The clock and the randomness of this machine: the only module that asks for either."""

import os
import time


def unix_seconds() -> float:
    """Return the time of this machine's clock."""
    return time.time()  # noqa: TID251 -- the SDK shares no code with the server's core


def random_bytes(number: int) -> bytes:
    """Return so many random bytes from the operating system."""
    return os.urandom(number)  # noqa: TID251 -- the same


def random_fraction() -> float:
    """Return a number from 0 to 1, 1 excluded, to spread clients over time."""
    return int.from_bytes(random_bytes(6)) / 2**48
