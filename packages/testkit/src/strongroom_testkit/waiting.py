"""Waits until a database connection is blocked, to test races without sleeping."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection

GENEROUS_SECONDS = 30.0

_WAITING = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock'
"""


async def until_waiting(administrator: Connection, how_many: int = 1) -> None:
    """Return once `how_many` connections to this database are waiting for a lock.

    Raises `TimeoutError` if they never do.
    """
    async with asyncio.timeout(GENEROUS_SECONDS):
        while await administrator.fetchval(_WAITING) < how_many:  # noqa: ASYNC110 -- another process
            await asyncio.sleep(0)
