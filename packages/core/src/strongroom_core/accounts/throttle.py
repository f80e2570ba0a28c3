"""Requests of strangers: 20 a minute per network and route (A-10), counted in the database."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access.counters import count
from strongroom_core.kernel.errors import TooMany
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.origin import Origin

REQUESTS = 20
WINDOW = timedelta(minutes=1)


async def admit(core: Core, origin: Origin, route: str) -> None:
    """Count one request of a stranger. Raises `TooMany` beyond 20 a minute for network and route."""
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        counted = await count(connection, f"route:{route}:{origin.network}", WINDOW, now)
    if counted.count > REQUESTS:
        raise TooMany(counted.seconds_left(now))
