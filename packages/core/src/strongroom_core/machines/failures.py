"""Failed authentications: counted per address, and after three the address is locked out (R-2).

A lock is no weapon: a machine that proved itself from the address in the last 30 days is verified all
the same (`access/decide_read.py`). What is recorded is bounded, or strangers could fill the record.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.counters import strangers_have_said_enough
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import VaultId
    from strongroom_core.kernel.origin import Origin

FAILURES = 3
FAILURES_WINDOW = timedelta(minutes=5)
LOCKED_FOR = timedelta(minutes=30)

# One statement, so that the third failure locks however many come at once. A failure while locked
# changes nothing; the window of a lock that has run out begins anew.
_COUNT = """
insert into lockout as l (vault, network, failures, window_start)
values ('installation', $1, 1, $2)
on conflict (network) do update set
    failures = case
        when l.locked_until > $2 then l.failures + 1
        when l.window_start <= $2 - $4::interval or l.locked_until <= $2 then 1
        else l.failures + 1 end,
    window_start = case
        when l.locked_until > $2 then l.window_start
        when l.window_start <= $2 - $4::interval or l.locked_until <= $2 then $2
        else l.window_start end,
    locked_until = case
        when l.locked_until > $2 then l.locked_until
        when l.window_start > $2 - $4::interval and l.locked_until is null
             and l.failures + 1 >= $3 then $2 + $5::interval
        else null end
returning failures, locked_until
"""


async def note_failure(
    core: Core, origin: Origin, named: tuple[UUID, VaultId] | None, reason: str
) -> datetime | None:
    """Count a failed authentication; return until when the address is now locked out, or None.

    `named` is the machine whose id the request carried, if there is one: the entry then belongs to
    its vault, however wrong the signature.
    """
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        row = await connection.fetchrow(
            _COUNT, origin.network, now, FAILURES, FAILURES_WINDOW, LOCKED_FOR
        )
        if row is None:
            raise RuntimeError("an upsert returns its row")
        locked = row["locked_until"]
        # While locked nothing is recorded; before that, what L-1 allows a network.
        starts = locked is not None and row["failures"] == FAILURES
        silent = (locked is not None and not starts) or await strangers_have_said_enough(
            connection, origin, now
        )
    if starts or not silent:
        await gate.record_stranger(core, origin, named, reason, failure=not silent, lockout=starts)
    return locked


async def locked_until(core: Core, origin: Origin) -> datetime | None:
    """Return until when the address is locked out, or None."""
    now = core.clock.now()
    async with core.database.transaction(None) as connection:
        until = await connection.fetchval("select locked_until($1)", origin.network)
    return until if until is not None and until > now else None
