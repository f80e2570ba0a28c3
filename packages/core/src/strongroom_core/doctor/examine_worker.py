"""Checks whether a worker runs, and whether its counts of reads are up to date."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.doctor.finding import Finding, ok, warning
from strongroom_core.operator.background_work import read_background_work
from strongroom_core.runtime.measure import seconds_since

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection

IDLE_WARNING = 60.0
"""How many seconds may pass without a worker running. Normally, one runs every two seconds."""
BEHIND_WARNING = 120.0
"""How many seconds read counts may be behind."""

OVERDUE = timedelta(minutes=10)
_OVERDUE = {
    "purge_project": "projects to delete from the trash",
    "purge_secret": "secrets to delete from the trash",
    "destroy_secret": "secrets whose time to live has expired",
    "expire_machine": "machines to disable",
    "delete_machine": "machines to delete",
    "destroy_machine": "key files to delete",
}
"""In words. Shares are asked about by the current time only, and `outbox` has a separate check."""

_STATE = "select clock_timestamp() as now, s.* from tally_state() s"

# Counts wait for the oldest transaction with an ID in the whole cluster. Every role can see to which process
# or prepared transaction it belongs, but not its statement or its age.
_OLDEST = """
select l.pid, a.usename, a.datname, p.gid, p.owner, p.database
from pg_locks l
left join pg_stat_activity a on a.pid = l.pid
left join pg_prepared_xacts p on p.transaction = l.transactionid
where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted
  and l.pid is distinct from pg_backend_pid()
order by age(l.transactionid) desc limit 1
"""


async def examine_worker(connection: Connection) -> list[Finding]:
    """Check when a worker last ran, and what prevents reads from being counted."""
    row = await connection.fetchrow(_STATE)
    if row is None or row["woke_at"] is None:
        return [ok("worker", "no worker has run on this database yet")]
    idle = seconds_since(row["woke_at"], row["now"])
    if idle > IDLE_WARNING:
        return [
            warning(
                "worker",
                f"no worker has run for {_in_words(idle)}: expired data isn't deleted, and reads aren't"
                " counted",
                "check that `serve` or `serve --only worker` is running and unsealed, and look at its log",
            )
        ]
    ran = ok("worker", f"a worker ran {idle:.0f} s ago")
    behind = seconds_since(row["uncounted_since"], row["now"])
    if behind <= BEHIND_WARNING:
        return [ran, ok("read counts", "up to date")]
    says = f"read counts and *last read* are {_in_words(behind)} behind"
    return [ran, await _held_up(connection, says)]


async def examine_due_work(connection: Connection) -> Finding:
    """Check that nothing has been due for long, according to the database rather than the queue."""
    now = await connection.fetchval("select clock_timestamp()")
    work = await read_background_work(connection, now - OVERDUE)
    overdue = [each for each in work.due if each.due and each.work in _OVERDUE]
    if not overdue:
        return ok("due work", "nothing is overdue")
    told = ", ".join(f"{_OVERDUE[each.work]} ({each.due:,})" for each in overdue)
    return warning(
        "due work",
        f"overdue for more than ten minutes: {told}",
        "check that a worker is running, and look at its log for `job_failed`",
    )


async def _held_up(connection: Connection, says: str) -> Finding:
    row = await connection.fetchrow(_OLDEST)
    if row is None:
        return warning("read counts", says, "look at the worker's log")
    if row["gid"] is not None:
        return warning(
            "read counts",
            f"{says}: they wait for the prepared transaction {row['gid']!r} of {row['owner']} in the"
            f" database {row['database']}",
            "have its program commit it, or run `rollback prepared` in that database",
        )
    return warning(
        "read counts",
        f"{says}: they wait for a transaction of {row['usename']} in the database {row['datname']}"
        f" (process {row['pid']})",
        f"let it end, or as an administrator run `select pg_terminate_backend({row['pid']})`",
    )


def _in_words(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds < 2 * 3600 else f"{seconds / 3600:.0f} hours"
