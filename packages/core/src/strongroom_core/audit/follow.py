"""Follows the audit log. Returns each entry, or only whether there are new ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.action import Recorded
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.accounts import AUTH_FAILURE
from strongroom_core.access.actions.audit import AUDIT_FOLLOW, AUDIT_VIEW
from strongroom_core.access.actions.machines import LOCKOUT_STARTED
from strongroom_core.access.actions.secrets import (
    SECRET_READ,
    SECRET_READ_DENIED,
    SECRETS_EXPORT,
)
from strongroom_core.access.visible import narrow_to_visible
from strongroom_core.audit.filter import conditions_of
from strongroom_core.audit.list import (
    ENTRIES,
    EVERYTHING,
    PLACE,
    entries_seen_by,
    in_order,
    view_of,
)

if TYPE_CHECKING:
    from strongroom_core.audit.filter import EntryFilter
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


# The entries below the horizon after a position, that a user can see. `{seen}` is the text before `where`.
_FOLLOWED = f"""
{{seen}}
where {PLACE} > ({{incarnation}}::int, {{tx}}::text::xid8, {{id}}::uuid)
  and (e.incarnation, e.tx) < ({{now}}::int, {{horizon}}::text::xid8) and {{visible}}
order by {in_order("asc")} limit {{most}}
"""

_HORIZON = "select pg_snapshot_xmin(pg_current_snapshot())::text"

# Whether there is an entry from this incarnation below the horizon and above a transaction.
_LATEST = """
select e.tx::text from audit_entry e
where e.incarnation = $1 and e.tx < pg_snapshot_xmin(pg_current_snapshot())
order by e.incarnation desc, e.tx desc, e.id desc limit 1
"""

Place = tuple[int, str, UUID]
"""A place in the log: the incarnation, the transaction, and the entry's ID."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Entries in the log's order, each with its place. `more` means that there are more already.

    Everything that the user can see up to `place` has been returned.
    """

    entries: list[tuple[Place, EntryView]]
    place: Place
    more: bool


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


async def follow_entries(
    core: Core,
    caller: Human,
    after: Place | None,
    wanted: EntryFilter = EVERYTHING,
    *,
    most: int = 100,
) -> Followed:
    """Return the next entries in a filter that the caller can see, each exactly once, in the log's order.

    Without `after`, it returns none, and the place where the log ends now. An entry is returned once all
    transactions that could write an entry before it have ended. Raises `Invalid` for an invalid filter.
    """
    async with gate.perform(core, caller, AUDIT_VIEW) as act:
        conditions = conditions_of(wanted)
        horizon: str = await act.connection.fetchval(_HORIZON)
        end = (core.incarnation, horizon, UUID(int=0))
        if after is None:
            return Followed([], end, more=False)
        narrow_to_visible(conditions, caller)
        visible = conditions.text
        sql = _FOLLOWED.format(
            seen=entries_seen_by(conditions, caller),
            visible=visible,
            incarnation=conditions.place(after[0]),
            tx=conditions.place(after[1]),
            id=conditions.place(after[2]),
            now=conditions.place(core.incarnation),
            horizon=conditions.place(horizon),
            most=conditions.place(most),
        )
        rows = await act.connection.fetch(sql, *conditions.arguments)
    entries = [((row["incarnation"], row["tx"], row["id"]), view_of(row)) for row in rows]
    more = len(rows) == most
    place = entries[-1][0] if more else max(after, end, key=_as_number)
    return Followed(entries, place, more)


async def latest_entry(core: Core, caller: System) -> str | None:
    """Return the transaction of the latest entry that a follower of the caller's vault can see, if any."""
    async with gate.perform(core, caller, AUDIT_FOLLOW) as act:
        return await act.connection.fetchval(_LATEST, core.incarnation)


def _as_number(place: Place) -> tuple[int, int, UUID]:
    return place[0], int(place[1]), place[2]


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
