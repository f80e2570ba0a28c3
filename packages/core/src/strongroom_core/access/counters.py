"""Counting in the database, so that all nodes count together and a restart forgets nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.origin import Origin

ENTRIES_OF_STRANGERS = 3
STRANGERS_WINDOW = timedelta(minutes=30)

_COUNT = """
insert into rate_count as r (vault, key, expires_at, hits)
values ('installation', $1, $3, 1)
on conflict (key) do update set
    hits = case when r.expires_at <= $2 then 1 else r.hits + 1 end,
    expires_at = case when r.expires_at <= $2 then $3 else r.expires_at end
returning hits, expires_at
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How often, this time included, and until when these are counted together."""

    count: int
    until: datetime

    def seconds_left(self, now: datetime) -> int:
        """Return whole seconds until the count starts anew, at least one."""
        return max(1, int((self.until - now).total_seconds()) + 1)


async def count(connection: Connection, key: str, window: timedelta, now: datetime) -> Count:
    """Count one more of `key` in one statement: exact however many race.

    The first one opens a window of fixed length. Needs the installation's scope.
    """
    row = await connection.fetchrow(_COUNT, key, now, now + window)
    if row is None:
        raise RuntimeError("an upsert returns its row")
    return Count(row["hits"], row["expires_at"])


async def give_back(connection: Connection, key: str) -> None:
    """Take one count back that was not used: a server without room must not use up attempts."""
    await connection.execute("update rate_count set hits = hits - 1 where key = $1", key)


async def strangers_have_said_enough(connection: Connection, origin: Origin, now: datetime) -> bool:
    """Whether this network has filled its share of the record (L-1): 3 entries in 30 minutes.

    Without a bound, strangers could write the record full.
    """
    key = f"auth_failure:{origin.network}"
    counted = await count(connection, key, STRANGERS_WINDOW, now)
    return counted.count > ENTRIES_OF_STRANGERS
