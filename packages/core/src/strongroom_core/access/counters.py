"""Rate limiting counters in the database, shared by all nodes and kept across restarts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.kernel.clock import SLACK
from strongroom_core.kernel.errors import TooMany
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.origin import Origin

ENTRIES_OF_STRANGERS = 3
STRANGERS_WINDOW = timedelta(minutes=30)

_COUNT = """
insert into rate_count as r (vault, key, expires_at, hits)
values ('installation', $1, $3, 1)
on conflict (key) do update set
    hits = case when r.expires_at <= $2 or r.expires_at > $4 then 1 else r.hits + 1 end,
    expires_at = case when r.expires_at <= $2 or r.expires_at > $4 then $3 else r.expires_at end
returning hits, expires_at
"""


_NEXT = """
select hits, expires_at from rate_count where key = $1 and expires_at > $2 and expires_at <= $3
"""


@dataclass(frozen=True, slots=True)
class Count:
    """The number of events, including this one, and the end of the time window."""

    count: int
    until: datetime

    def seconds_left(self, now: datetime) -> int:
        """Return whole seconds until the window ends, at least one."""
        return seconds_until(self.until, now)


def seconds_until(until: datetime, now: datetime) -> int:
    """Return whole seconds to wait, at least one."""
    return max(1, int((until - now).total_seconds()) + 1)


async def count(connection: Connection, key: str, window: timedelta, now: datetime) -> Count:
    """Count one event for `key`. A single statement does it, so the count is exact even under concurrency.

    The first event starts a window of fixed length. If a stored window ends later than a new one would, a
    clock that was ahead started it, and it starts over. Needs the installation's scope.
    """
    row = await connection.fetchrow(_COUNT, key, now, now + window, now + window + SLACK)
    if row is None:
        raise RuntimeError("an upsert returns its row")
    return Count(row["hits"], row["expires_at"])


async def next_count(connection: Connection, key: str, window: timedelta, now: datetime) -> Count:
    """Return what `count` would return now, without counting."""
    row = await connection.fetchrow(_NEXT, key, now, now + window + SLACK)
    return Count(1, now + window) if row is None else Count(row["hits"] + 1, row["expires_at"])


async def require_few(core: Core, key: str, most: int, window: timedelta) -> None:
    """Count one event in a separate transaction, and raise `TooMany` if there were more than `most`."""
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        counted = await count(connection, key, window, now)
    if counted.count > most:
        raise TooMany(counted.seconds_left(now))


async def give_back(connection: Connection, key: str) -> None:
    """Undo one count, because an overloaded server must not use up a client's attempts."""
    await connection.execute("update rate_count set hits = hits - 1 where key = $1", key)


async def strangers_have_said_enough(connection: Connection, origin: Origin, now: datetime) -> bool:
    """Whether this network has used up its share of audit log entries (L-1): 3 in 30 minutes.

    Otherwise unknown clients could flood the audit log.
    """
    key = f"auth_failure:{origin.network}"
    counted = await count(connection, key, STRANGERS_WINDOW, now)
    return counted.count > ENTRIES_OF_STRANGERS
