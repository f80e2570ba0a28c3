"""Follow the record as it grows: entry by entry, or only whether there is anything new."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions import RULES, Action, Recorded
from strongroom_core.record.list import ENTRIES, view_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.kernel.ids import VaultId
    from strongroom_core.record.views import EntryView

LOOKS = sorted(
    action.value for action, rule in RULES.items() if rule.recorded is Recorded.ON_REFUSAL
)

MOST_UNSETTLED = 10_000
"""How many entries are counted beyond the horizon; with more, every question is answered by yes."""

# Transactions below the horizon have all ended, so nothing can appear behind a position once read.
_NEWS = f"""
{ENTRIES}
where (e.tx, e.id) > ($1::text::xid8, $2) and e.tx < pg_snapshot_xmin(pg_current_snapshot())
order by e.tx, e.id limit $3
"""

# A look that is refused is on the record and is no news: whoever follows would look again because of it.
_HAPPENED = f"""
not (e.outcome = 'refused' and e.action in ({", ".join(f"'{action}'" for action in LOOKS)}))
"""

_POSITION = f"""
select pg_snapshot_xmin(pg_current_snapshot())::text as horizon,
       (select count(*) from (
            select from audit_entry e
            where e.tx >= pg_snapshot_xmin(pg_current_snapshot()) and {_HAPPENED}
            limit {MOST_UNSETTLED}) u) as unsettled
"""

_COUNT = f"""
select count(*) from (
    select from audit_entry e where e.tx >= $1::text::xid8 and {_HAPPENED}
    limit {MOST_UNSETTLED}) u
"""


@dataclass(frozen=True, slots=True)
class Position:
    """How far the record of a vault had grown.

    Below `horizon` it can grow no more; `unsettled` is how many entries there were beyond it. A
    transaction that takes long, in whatever database of the server, holds the horizon back and hides
    nothing thereby.
    """

    horizon: str
    unsettled: int


async def latest(core: Core, caller: Human | System) -> Position:
    """Return the position from which to ask for news."""
    async with gate.perform(core, caller, Action.AUDIT_FOLLOW) as act:
        return await _position(act.connection)


async def find_news(core: Core, caller: Human | System, since: Position) -> Position | None:
    """Return where to go on if the record of the caller's vault has grown since, else None.

    For a process to ask once a second for each vault that somebody watches. It tells nothing of the
    entries, so any member may know; who wants to see them lists them.
    """
    async with gate.perform(core, caller, Action.AUDIT_FOLLOW) as act:
        number = await act.connection.fetchval(_COUNT, since.horizon)
        if number == since.unsettled and number < MOST_UNSETTLED:
            return None
        return await _position(act.connection)


async def _position(connection: Connection) -> Position:
    row = await connection.fetchrow(_POSITION)
    if row is None:
        raise ValueError("a position is one row")
    return Position(row["horizon"], row["unsettled"])


class Follow:
    """All entries of one vault, for the person who runs the server: each once, in order of commit."""

    def __init__(self, core: Core, vault: VaultId) -> None:
        self._core = core
        self._vault = vault
        self._after: tuple[str, UUID] = ("0", UUID(int=0))

    async def news(self, *, most: int = 200) -> list[EntryView]:
        """Return up to `most` entries committed since the last call."""
        async with self._core.database.transaction(self._vault) as connection:
            rows = await connection.fetch(_NEWS, *self._after, most)
        if rows:
            self._after = (rows[-1]["tx"], rows[-1]["id"])
        return [view_of(row) for row in rows]
