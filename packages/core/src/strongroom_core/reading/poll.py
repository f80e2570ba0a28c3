"""Finds which watched secrets have changed since the machine last read them (R-7). It reads no values.

All programs on one machine share one list of what the machine has read. If a program sends the versions that
it has, the secrets are compared with those versions instead, no matter what other programs have read
(`docs/design/signed-requests.md`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRETS_POLL
from strongroom_core.access.counters import require_few
from strongroom_core.access.machine_checks import State
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.reading.checks import ACCESS_CHECKS, not_frozen, refuse_secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Machine

POLLS, POLLS_WINDOW = 60, timedelta(minutes=1)
MOST_WATCHED = 1000
HIGHEST_VERSION = 2**31 - 1
"""The range of version numbers in the database."""

_STATES = """
select asked.id, p.id is not null as exists, p.frozen_at is not null as frozen,
       a.id is not null as attached, g.id is not null as granted,
       coalesce(s.current_version, 0) as version,
       coalesce(asked.have, g.seen_version) is distinct from s.current_version as news
from unnest($2::varchar[], $3::int[]) as asked(id, have)
left join secret s on s.id = asked.id and s.trashed_at is null
left join project p on p.vault = s.vault and p.id = s.project and p.trashed_at is null
left join attachment a on a.vault = s.vault and a.machine = $1 and a.project = s.project
left join secret_grant g on g.vault = s.vault and g.machine = $1 and g.secret = s.id
"""


@dataclass(frozen=True, slots=True)
class Watched:
    """The facts about a machine and a secret that it watches."""

    id: str
    exists: bool
    frozen: bool
    attached: bool
    granted: bool
    version: int
    news: bool


class Change(StrEnum):
    """What happened to a watched secret, in the words of the wire protocol."""

    CHANGED = "changed"
    DELETED = "deleted"
    ACCESS_DENIED = "access_denied"


@dataclass(frozen=True, slots=True)
class News:
    """One change to a watched secret. If it has a new version, `version` is the current one."""

    change: Change
    version: int | None = None


async def poll_changes(
    core: Core, caller: Machine, watched: Sequence[str], have: Mapping[str, int] | None = None
) -> dict[str, News]:
    """Return what has changed. A secret that was never read counts as changed; a frozen one doesn't.

    `have` contains the versions that a program has. A secret listed there counts as changed if its current
    version is different. Versions of secrets that aren't watched are ignored. No secret has version 0. Raises
    `TooMany` for more than 60 polls per minute, and `Invalid` for more than 1,000 IDs or invalid version
    numbers.
    """
    if len(watched) > MOST_WATCHED:
        raise Invalid(f"at most {MOST_WATCHED} secrets at once", field="watch")
    had = have or {}
    if not all(0 <= number <= HIGHEST_VERSION for number in had.values()):
        raise Invalid(f"a version must be a number, 0–{HIGHEST_VERSION}", field="have")
    asked = list(dict.fromkeys(watched))
    async with core.lists.turn(str(caller.id)), gate.perform(core, caller, SECRETS_POLL) as act:
        rows = await act.connection.fetch(
            _STATES, caller.id, asked, [had.get(secret) for secret in asked]
        )
    await _count(core, caller)
    found = [Watched(**row) for row in rows]
    return {each.id: news for each in found if (news := _news(each, State(act.at))) is not None}


def _news(watched: Watched, state: State) -> News | None:
    refusal = refuse_secret(watched, state, ACCESS_CHECKS)
    if isinstance(refusal, NotFound):
        return News(Change.DELETED)
    if refusal is not None:
        return News(Change.ACCESS_DENIED)
    if not watched.news or not_frozen(watched, state) is not None:
        return None
    return News(Change.CHANGED, watched.version)


async def _count(core: Core, caller: Machine) -> None:
    """Count only after the nonce is recorded, because replays must not use up the machine's polls."""
    await require_few(core, f"poll:{caller.id}", POLLS, POLLS_WINDOW)
