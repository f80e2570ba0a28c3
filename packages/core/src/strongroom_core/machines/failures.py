"""Locks out IP addresses after three failed authentications (brute force protection, R-2).

A lockout can't be used against machines: a machine that authenticated from the address in the last 30 days is
exempt (`access/machine_checks.py`). Log entries are limited, so that nobody can flood the audit log.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.counters import strangers_have_said_enough
from strongroom_core.access.machine_checks import LOCKED_FOR
from strongroom_core.kernel.clock import SLACK, is_to_come
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import KeyId, VaultId
    from strongroom_core.kernel.origin import Origin

FAILURES = 3
FAILURES_WINDOW = timedelta(minutes=5)

# This is one statement, so that the third failure locks out the address even if several arrive at once. A
# failure during a lockout changes nothing; after a lockout, a new window starts. A time that is impossibly
# far ahead was written by a wrong clock, and counts as past.
_COUNT = """
insert into lockout as l (vault, network, failures, window_start)
values ('installation', $1, 1, $2)
on conflict (network) do update set
    failures = case
        when l.locked_until > $2 and l.locked_until <= $6 then l.failures + 1
        when l.locked_until is null and l.window_start > $2 - $4::interval and l.window_start <= $7
            then l.failures + 1
        else 1 end,
    window_start = case
        when l.locked_until > $2 and l.locked_until <= $6 then l.window_start
        when l.locked_until is null and l.window_start > $2 - $4::interval and l.window_start <= $7
            then l.window_start
        else $2 end,
    locked_until = case
        when l.locked_until > $2 and l.locked_until <= $6 then l.locked_until
        when l.locked_until is null and l.window_start > $2 - $4::interval and l.window_start <= $7
             and l.failures + 1 >= $3 then $2 + $5::interval
        else null end
returning failures, locked_until
"""


async def note_failure(
    core: Core, origin: Origin, named: tuple[UUID | KeyId, VaultId] | None, reason: str
) -> datetime | None:
    """Count a failed authentication. Return when the address's lockout ends, or None if it isn't locked out.

    `named` is the machine or person's key whose ID the request contained, if it exists. The entry then goes
    to its vault, even if the signature is wrong. While the address is locked out, nothing is counted.
    """
    now = core.clock.now()
    if until := core.recent_refusals.until(_lockout_of(origin), now):
        return until
    async with core.database.transaction(INSTALLATION) as connection:
        row = await connection.fetchrow(
            _COUNT,
            origin.network,
            now,
            FAILURES,
            FAILURES_WINDOW,
            LOCKED_FOR,
            now + LOCKED_FOR + SLACK,
            now + SLACK,
        )
        if row is None:
            raise RuntimeError("the upsert returned no row")
        locked = row["locked_until"]
        if locked is not None:
            core.recent_refusals.note(_lockout_of(origin), locked, now)
        # Nothing is logged during a lockout. Before one, each network has a limit on log entries (L-1).
        starts = locked is not None and row["failures"] == FAILURES
        silent = (locked is not None and not starts) or await strangers_have_said_enough(
            connection, origin, now
        )
    if starts or not silent:
        await gate.record_stranger(core, origin, named, reason, failure=not silent, lockout=starts)
    return locked


async def locked_until(core: Core, origin: Origin) -> datetime | None:
    """Return when the address's lockout ends, or None if it isn't locked out."""
    now = core.clock.now()
    if remembered := core.recent_refusals.until(_lockout_of(origin), now):
        return remembered
    async with core.database.transaction(None) as connection:
        until = await connection.fetchval("select locked_until($1)", origin.network)
    if until is None or not is_to_come(until, now, LOCKED_FOR):
        return None
    core.recent_refusals.note(_lockout_of(origin), until, now)
    return until


def _lockout_of(origin: Origin) -> str:
    return f"lockout:{origin.network}"
