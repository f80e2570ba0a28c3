"""Health metrics from the database and its pool, without any names or IDs.

Row counts come from the worker's lookups and PostgreSQL's own statistics, so that measuring is cheap however
large the tables are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access.clock_check import compare_clock
from strongroom_core.db.connection import connect
from strongroom_core.db.failures import UnplannedFailure, translated
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.kernel.errors import StrongroomError, Unavailable
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.trash import TRASH_LIFETIME

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.core import Core

MOST_COUNTED = 10_000
"""Counting stops here: the exact size of a larger backlog doesn't matter."""

# The table's statistics count inserts since the last reset, including those that were rolled back.
_MEASURE = """
with note as materialized (select id from due_outbox('infinity', $2)),
     purge as materialized (select 1 from due_purges($1, $2)),
     tally as materialized (select * from tally_state())
select clock_timestamp() as now,
       (select count(*) from note) as notes,
       (select id from note order by id limit 1) as oldest,
       (select count(*) from purge) as purges,
       (select woke_at from tally) as woke_at,
       (select uncounted_since from tally) as uncounted_since,
       (select coalesce(sum(n_tup_ins), 0)::bigint from pg_stat_all_tables
        where schemaname = 'public' and relname = 'audit_entry') as entries
"""

_QUEUED = """
select count(*) from saq.saq_jobs
where status in ('new', 'queued') and scheduled <= extract(epoch from clock_timestamp())
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics at one moment. Times are in seconds.

    `clock_offset` is how far the database's clock is ahead of this machine's clock. `clock_doubted` means
    that the database's clock and the time since boot have advanced differently. `oldest_note` is the age of
    the oldest note in the outbox, or 0 if the outbox is empty. `entries` counts audit log rows since
    PostgreSQL's statistics began. `worker_idle` is how long ago a worker last ran, or None if none has.
    `counts_behind` is the age of the oldest event that the read counts don't include yet. `jobs_due` is None
    if the queue can't be queried.
    """

    clock_offset: float
    clock_doubted: bool
    notes: int
    oldest_note: float
    purges_due: int
    entries: int
    worker_idle: float | None
    counts_behind: float
    jobs_due: int | None


async def measure(core: Core) -> Measured:
    """Query the database. Raises `Unavailable` or `Busy`; the caller sets a time limit."""
    cutoff = core.clock.now() - TRASH_LIFETIME
    try:
        async with core.database.transaction(INSTALLATION) as connection:
            row = await connection.fetchrow(_MEASURE, cutoff, MOST_COUNTED)
            wall, uptime = wall_clock(), core.clock.uptime()
            if row is None:
                raise RuntimeError("the query returned no row")
            check = await compare_clock(connection, uptime, core.clock.now())
    except UnplannedFailure:
        # A database that rejects this query can't serve anything else.
        raise Unavailable from None
    now: datetime = row["now"]
    return Measured(
        clock_offset=(now - wall).total_seconds(),
        clock_doubted=not check.is_right,
        notes=row["notes"],
        oldest_note=age_of(row["oldest"], now),
        purges_due=row["purges"],
        entries=row["entries"],
        worker_idle=None if row["woke_at"] is None else seconds_since(row["woke_at"], now),
        counts_behind=seconds_since(row["uncounted_since"], now),
        jobs_due=await _jobs_due(core.settings.jobs_database_url),
    )


async def find_write_problem(core: Core) -> Unavailable | None:
    """Return why the database rejects writes, or None if it accepts them. Takes at most three seconds."""
    return await core.database.writes.problem()


def age_of(note: UUID | None, now: datetime) -> float:
    """Return an ID's age in seconds (UUID version 7, RFC 9562); 0 for None."""
    if note is None:
        return 0.0
    return max(0.0, now.timestamp() - (note.int >> 80) / 1000)


def seconds_since(at: datetime | None, now: datetime) -> float:
    """Return how many seconds ago something was; 0 for None and for the future."""
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())


async def _jobs_due(url: str | None) -> int | None:
    """Count the jobs that are waiting for a worker, using the login role that can see them."""
    if url is None:
        return None
    try:
        connection = await connect(url)
    except (StrongroomError, UnplannedFailure):
        return None
    try:
        with translated():
            return int(await connection.fetchval(_QUEUED))
    except (StrongroomError, UnplannedFailure):
        return None
    finally:
        await connection.close()
