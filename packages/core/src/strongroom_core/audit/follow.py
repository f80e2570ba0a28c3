"""Follows the audit log. Returns each entry, or only whether there are new ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.action import Recorded
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.accounts import AUTH_FAILURE
from strongroom_core.access.actions.audit import AUDIT_FOLLOW
from strongroom_core.access.actions.machines import LOCKOUT_STARTED
from strongroom_core.access.actions.secrets import (
    SECRET_READ,
    SECRET_READ_DENIED,
    SECRETS_EXPORT,
)
from strongroom_core.audit.list import ENTRIES, PLACE, in_order, view_of

if TYPE_CHECKING:
    from strongroom_core.audit.views import EntryView
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, System

_REFUSED_LOOKS = [
    name for name, action in ACTIONS.items() if action.recorded is Recorded.ON_REFUSAL
]

READS = [
    action.name
    for action in (SECRET_READ, SECRET_READ_DENIED, SECRETS_EXPORT, AUTH_FAILURE, LOCKOUT_STARTED)
]
"""Frequent actions of machines. They change nothing that people have set up."""

MOST_CHANGES = 1000
"""The maximum number of transactions that `Changes` lists. If there are more, `changes` is None."""

MOST_NEW = 10_000
"""The maximum number of entries to search for changes. If there are more, everything counts as changed."""

BEGINNING = (0, "0", UUID(int=0))
"""The position before a vault's first entry."""

# All transactions below the horizon have ended, so nothing can appear before a position that has been read.
# Transactions of earlier incarnations have ended too, and transaction IDs are comparable only within an
# incarnation.
_COMMITTED = f"""
{ENTRIES}
where {PLACE} > ($1::int, $2::text::xid8, $3)
  and (e.incarnation, e.tx) < ($5::int, pg_snapshot_xmin(pg_current_snapshot()))
order by {in_order("asc")} limit $4
"""

# An entry missing from a snapshot was written by a transaction that began after it or was in progress at the
# time. A denied read-only action has an entry but isn't a change, because it would make pages that follow the
# log reload. The planner has no statistics on IDs, so it needs the `order by` to choose the index.
_FIND_CHANGES = """
with changes as (
    (select e.tx, e.action from audit_entry e
     where e.incarnation = $6 and e.tx >= $1::text::xid8
       and not (e.outcome = 'refused' and e.action = any($4))
     order by e.tx limit $7)
    union all
    (select e.tx, e.action from audit_entry e
     where e.incarnation = $6 and e.tx = any($2::text[]::xid8[])
       and not (e.outcome = 'refused' and e.action = any($4))
     limit $7)
)
select array(select distinct tx::text from changes where action <> all($3) limit $5) as changes,
       exists (select from changes where action = any($3)) as reads,
       (select count(*) from changes) >= $7 as many,
       pg_current_snapshot()::text as snapshot
"""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a vault's audit log has been seen, as a database snapshot.

    It contains everything written by transactions below `end`, except those in `open`.
    """

    end: int
    open: frozenset[int]

    def has(self, tx: int) -> bool:
        """Whether this transaction's writes were visible, if it was committed at all."""
        return tx < self.end and tx not in self.open

    def covers(self, other: Position) -> bool:
        """Whether this position contains everything that the other one contains."""
        return other.end <= self.end and not any(other.has(tx) for tx in self.open)


@dataclass(frozen=True, slots=True)
class Changes:
    """What was written after a position. `changes` lists transactions; `reads` says whether there were reads.

    `changes` is None if there are too many to list. `position` is where to continue.
    """

    position: Position
    changes: tuple[int, ...] | None
    reads: bool


async def latest(core: Core, caller: Human | System) -> Position:
    """Return the position up to which this transaction sees the log."""
    async with gate.perform(core, caller, AUDIT_FOLLOW) as act:
        return _position(await act.connection.fetchval("select pg_current_snapshot()::text"))


async def find_changes(core: Core, caller: Human | System, since: Position) -> Changes | None:
    """Return the changes in the audit log of the caller's vault, or None if there are none.

    A process calls this once a second for each vault that someone is watching. It reveals nothing about the
    entries, so any member can call it. To see the entries themselves, a member has to list them.
    """
    async with gate.perform(core, caller, AUDIT_FOLLOW) as act:
        row = await act.connection.fetchrow(
            _FIND_CHANGES,
            str(since.end),
            [str(tx) for tx in since.open],
            READS,
            _REFUSED_LOOKS,
            MOST_CHANGES + 1,
            core.incarnation,
            MOST_NEW,
        )
    if row is None or not (row["changes"] or row["reads"]):
        return None
    changes = tuple(int(tx) for tx in row["changes"])
    named = changes if len(changes) <= MOST_CHANGES and not row["many"] else None
    return Changes(_position(row["snapshot"]), named, row["reads"] or row["many"])


def _position(snapshot: str) -> Position:
    """Parse PostgreSQL's `xmin:xmax:in progress,…`."""
    _, end, under_way = snapshot.split(":")
    return Position(int(end), frozenset(int(tx) for tx in under_way.split(",") if tx))


async def list_committed(
    core: Core, caller: System, after: tuple[int, str, UUID] = BEGINNING, *, most: int = 200
) -> tuple[list[EntryView], tuple[int, str, UUID]]:
    """Return up to `most` entries of the caller's vault committed after a position, and the next position.

    This is for the person who runs the server. They get each entry once, in order of commit.
    """
    async with gate.perform(core, caller, AUDIT_FOLLOW) as act:
        rows = await act.connection.fetch(_COMMITTED, *after, most, core.incarnation)
    last = rows[-1] if rows else None
    position = (last["incarnation"], last["tx"], last["id"]) if last is not None else after
    return [view_of(row) for row in rows], position
