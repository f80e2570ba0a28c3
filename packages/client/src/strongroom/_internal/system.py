"""This machine's clock and randomness. No other module uses either directly."""

import os
import time


def unix_seconds() -> float:
    """Return the time on this machine's clock."""
    return time.time()  # noqa: TID251 -- the SDK shares no code with the server's core


def random_bytes(number: int) -> bytes:
    """Return random bytes from the operating system."""
    return os.urandom(number)  # noqa: TID251 -- the same


def random_fraction() -> float:
    """Return a random number in [0, 1), to spread clients over time."""
    return int.from_bytes(random_bytes(6)) / 2**48
