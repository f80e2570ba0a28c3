"""Which watched secrets changed since the machine last read them (R-7). Nothing is read by asking.

Programs that share a machine share what it has read. One that says which version it has is told what
differs from that instead, whatever the others read (`docs/design/signed-requests.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.access.counters import count
from strongroom_core.kernel.errors import Invalid, TooMany
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Machine

POLLS, POLLS_WINDOW = 60, timedelta(minutes=1)
MOST_WATCHED = 1000
HIGHEST_VERSION = 2**31 - 1
"""What the column of version numbers holds."""

_STATES = """
select asked.id, s.id is not null and p.id is not null as present, g.id is not null as granted,
       p.frozen_at is not null as frozen, s.current_version as version,
       coalesce(asked.have, g.seen_version) is distinct from s.current_version as news
from unnest($2::varchar[], $3::int[]) as asked(id, have)
left join secret s on s.id = asked.id and s.trashed_at is null
left join project p on p.id = s.project and p.trashed_at is null
left join secret_grant g on g.secret = s.id and g.machine = $1
"""


class Change(StrEnum):
    """What happened to a watched secret, as the wire says it."""

    CHANGED = "changed"
    DELETED = "deleted"
    ACCESS_DENIED = "access_denied"


@dataclass(frozen=True, slots=True)
class News:
    """What is told of a watched secret. `version` is the live one of a secret that changed."""

    change: Change
    version: int | None = None


async def poll_changes(
    core: Core, caller: Machine, watched: Sequence[str], have: Mapping[str, int] | None = None
) -> dict[str, News]:
    """Return what changed of the watched secrets; never read counts as changed, frozen is silent.

    `have` names versions: such a secret changed if its live version is another one. What it says of
    secrets that are not watched is ignored; 0 is the version of no secret. Raises `TooMany` beyond 60
    polls a minute, `Invalid` for more than 1,000 ids and for numbers that are no version's.
    """
    if len(watched) > MOST_WATCHED:
        raise Invalid(f"watch at most {MOST_WATCHED} secrets at once", field="watch")
    had = have or {}
    if not all(0 <= number <= HIGHEST_VERSION for number in had.values()):
        raise Invalid("a version is a number from 0 on", field="have")
    asked = list(dict.fromkeys(watched))
    async with gate.perform(core, caller, Action.SECRETS_POLL) as act:
        rows = await act.connection.fetch(
            _STATES, caller.id, asked, [had.get(secret) for secret in asked]
        )
    await _count(core, caller)
    changes: dict[str, News] = {}
    for row in rows:
        if not row["present"]:
            changes[row["id"]] = News(Change.DELETED)
        elif not row["granted"]:
            changes[row["id"]] = News(Change.ACCESS_DENIED)
        elif row["news"] and not row["frozen"]:
            changes[row["id"]] = News(Change.CHANGED, row["version"])
    return changes


async def _count(core: Core, caller: Machine) -> None:
    """Count after the nonce is spent: copies of one request must not use up the machine's polls."""
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        counted = await count(connection, f"poll:{caller.id}", POLLS_WINDOW, now)
    if counted.count > POLLS:
        raise TooMany(counted.seconds_left(now))
