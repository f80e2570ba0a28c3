"""Counts attempts to prove an identity, in the database, so that a restart doesn't reset them (A-6)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access.counters import count
from strongroom_core.accounts.endings import login_counter
from strongroom_core.kernel.errors import TooMany

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection

ATTEMPTS = 5
ATTEMPTS_WINDOW = timedelta(minutes=15)


def sign_in_counter(core: Core, folded: str, device: bytes | None) -> str:
    """Return the counter of an address: one for all unknown browsers, and one for each known `device`.

    The address is stored only as a keyed digest.
    """
    return of_device(login_counter(core, folded), device)


def factor_counter(account: str, device: bytes | None) -> str:
    """Return the counter of wrong second factors. Only a right one resets it, not a new password."""
    return of_device(f"factor:{account}", device)


def of_device(counter: str, device: bytes | None) -> str:
    """Return the separate counter that a known browser has."""
    return counter if device is None else f"{counter}:{device.hex()[:32]}"


async def count_attempt(connection: Connection, counter: str, now: datetime) -> TooMany | None:
    """Count an attempt. Return the error if there were too many. The transaction must commit either way."""
    counted = await count(connection, counter, ATTEMPTS_WINDOW, now)
    return TooMany(counted.seconds_left(now)) if counted.count > ATTEMPTS else None
