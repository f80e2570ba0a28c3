"""Which watched secrets changed since the machine last read them (R-7). Nothing is read by asking."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.access.counters import count
from strongroom_core.kernel.errors import Invalid, TooMany
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Machine

POLLS, POLLS_WINDOW = 60, timedelta(minutes=1)
MOST_WATCHED = 1000

_STATES = """
select asked.id, s.id is not null and p.id is not null as present, g.id is not null as granted,
       p.frozen_at is not null as frozen,
       g.seen_version is distinct from s.current_version as news
from unnest($2::varchar[]) as asked(id)
left join secret s on s.id = asked.id and s.trashed_at is null
left join project p on p.id = s.project and p.trashed_at is null
left join secret_grant g on g.secret = s.id and g.machine = $1
"""


class Change(StrEnum):
    """What happened to a watched secret, as the wire says it."""

    CHANGED = "changed"
    DELETED = "deleted"
    ACCESS_DENIED = "access_denied"


async def poll_changes(core: Core, caller: Machine, watched: Sequence[str]) -> dict[str, Change]:
    """Return what changed of the watched secrets; never read counts as changed, frozen is silent.

    Raises `TooMany` beyond 60 polls a minute, `Invalid` for more than 1,000 ids.
    """
    if len(watched) > MOST_WATCHED:
        raise Invalid(f"watch at most {MOST_WATCHED} secrets at once", field="watch")
    async with gate.perform(core, caller, Action.SECRETS_POLL) as act:
        rows = await act.connection.fetch(_STATES, caller.id, list(dict.fromkeys(watched)))
    await _count(core, caller)
    changes: dict[str, Change] = {}
    for row in rows:
        if not row["present"]:
            changes[row["id"]] = Change.DELETED
        elif not row["granted"]:
            changes[row["id"]] = Change.ACCESS_DENIED
        elif row["news"] and not row["frozen"]:
            changes[row["id"]] = Change.CHANGED
    return changes


async def _count(core: Core, caller: Machine) -> None:
    """Count after the nonce is spent: copies of one request must not use up the machine's polls."""
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        counted = await count(connection, f"poll:{caller.id}", POLLS_WINDOW, now)
    if counted.count > POLLS:
        raise TooMany(counted.seconds_left(now))
