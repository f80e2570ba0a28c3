"""Rate limiting for unknown clients: 20 requests a minute per network and route (A-10)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access.counters import count, next_count, seconds_until
from strongroom_core.kernel.errors import TooMany
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.origin import Origin

REQUESTS = 20
WINDOW = timedelta(minutes=1)


async def admit(core: Core, origin: Origin, route: str, *, only_failures: bool = False) -> None:
    """Count one request from an unknown client. Raises `TooMany` above 20 a minute per network and route.

    After that, requests are rejected without a query until the minute ends. With `only_failures`, no request
    is counted here; the caller counts those that fail. Any number can succeed, even simultaneously.
    """
    now, key = core.clock.now(), _key(origin, route)
    if until := core.recent_refusals.until(key, now):
        raise TooMany(seconds_until(until, now))
    async with core.database.transaction(INSTALLATION) as connection:
        ask = next_count if only_failures else count
        counted = await ask(connection, key, WINDOW, now)
    if counted.count > REQUESTS:
        core.recent_refusals.note(key, counted.until, now)
        raise TooMany(counted.seconds_left(now))


async def count_failure(core: Core, origin: Origin, route: str) -> None:
    """Count one request that has failed."""
    async with core.database.transaction(INSTALLATION) as connection:
        await count(connection, _key(origin, route), WINDOW, core.clock.now())


def _key(origin: Origin, route: str) -> str:
    return f"route:{route}:{origin.network}"
