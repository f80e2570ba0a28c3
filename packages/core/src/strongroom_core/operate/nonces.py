"""Drop the nonces of requests that would be too old anyway, without ever reopening a window."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access.admission import NONCE_LIFETIME

if TYPE_CHECKING:
    from strongroom_core.core import Core

MARGIN = timedelta(minutes=1)


async def drop_old_nonces(core: Core) -> int:
    """Raise the floor past the requests whose nonces go, commit that, and only then drop them.

    A nonce lives twice the skew after its request was signed, so what lies below the floor was
    refused for its age before. With the floor in the database, a clock that is set back or a
    stopped clock cannot make it acceptable again. Returns how many were dropped.
    """
    floor = core.clock.now() - NONCE_LIFETIME - MARGIN
    async with core.database.transaction(None) as connection:
        await connection.execute("select raise_nonce_floor($1)", floor)
    async with core.database.transaction(None) as connection:
        dropped = await connection.fetchval("select drop_nonces($1)", floor + NONCE_LIFETIME)
    return int(dropped)
