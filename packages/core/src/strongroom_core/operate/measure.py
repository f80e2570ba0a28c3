"""What only the database and its pool know of how the server does: numbers, and nothing of anybody.

The rows behind them are counted by the look-ups that the worker asks, and by PostgreSQL's own
statistics, so that looking costs little however large the tables are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core.db.connection import connect
from strongroom_core.db.engine import UnplannedFailure
from strongroom_core.kernel.errors import Unavailable
from strongroom_core.limits.plan import TRASH_LIFETIME

if TYPE_CHECKING:
    from uuid import UUID

    from strongroom_core.core import Core

MOST_COUNTED = 10_000
"""Counting ends here: a backlog that large needs no exact figure."""

# The table's statistics count what was inserted since they were reset, also what was undone again.
_MEASURE = """
with note as materialized (select id from due_outbox('infinity', $2)),
     purge as materialized (select 1 from due_purges($1, $2))
select clock_timestamp() as now,
       (select count(*) from note) as notes,
       (select id from note order by id limit 1) as oldest,
       (select count(*) from purge) as purges,
       (select coalesce(sum(n_tup_ins), 0)::bigint from pg_stat_all_tables
        where schemaname = 'public' and relname = 'audit_entry') as entries
"""

_QUEUED = """
select count(*) from saq.saq_jobs
where status in ('new', 'queued') and scheduled <= extract(epoch from clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one moment. Times are in seconds.

    `clock_offset` is how far the database's clock is ahead of this machine's. `oldest_note` is the
    age of the oldest note in the outbox, 0 where there is none. `entries` counts the record's rows
    since PostgreSQL's statistics began. `jobs_due` is None where the queue cannot be asked.
    """

    clock_offset: float
    notes: int
    oldest_note: float
    purges_due: int
    entries: int
    jobs_due: int | None


async def measure(core: Core) -> Measured:
    """Ask the database. Raises `Unavailable` or `Busy`; the caller sets the limit of time."""
    cutoff = core.clock.now() - TRASH_LIFETIME
    try:
        async with core.database.transaction(None) as connection:
            row = await connection.fetchrow(_MEASURE, cutoff, MOST_COUNTED)
            wall = wall_clock()
    except UnplannedFailure:
        # A database that refuses the question serves nobody either.
        raise Unavailable from None
    if row is None:
        raise RuntimeError("a query without a table returns its row")
    now: datetime = row["now"]
    return Measured(
        clock_offset=(now - wall).total_seconds(),
        notes=row["notes"],
        oldest_note=age_of(row["oldest"], now),
        purges_due=row["purges"],
        entries=row["entries"],
        jobs_due=await _jobs_due(core.settings.jobs_database_url),
    )


def wall_clock() -> datetime:
    """Return this machine's own time, to be compared with the database's and for nothing else."""
    return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 -- it is what is compared


def age_of(note: UUID | None, now: datetime) -> float:
    """Return the seconds since an id was made (UUID version 7, RFC 9562); 0 for None."""
    if note is None:
        return 0.0
    return max(0.0, now.timestamp() - (note.int >> 80) / 1000)


async def _jobs_due(url: str | None) -> int | None:
    """Count the jobs that wait for a worker, as the log-in that alone may see them."""
    if url is None:
        return None
    try:
        connection = await connect(url)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None
    try:
        return int(await connection.fetchval(_QUEUED))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None
    finally:
        await connection.close()
