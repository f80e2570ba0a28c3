"""Reports which of the last week's reads a policy would have denied, and by which machines (P-3).

The reads in the audit log are decided again in order, with the policy's current conditions and with separate
counts. So the report is available immediately for a new policy or changed conditions, and a policy in shadow
mode doesn't slow down reads.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions.policies import POLICY_VIEW
from strongroom_core.access.visible import VISIBLE, kinds_at, only_of
from strongroom_core.kernel.errors import Axis
from strongroom_core.kernel.policies import (
    Attempt,
    Use,
    count_read,
    refuse,
    refuse_any,
    rotates_now,
)
from strongroom_core.policies.listing import policy_in
from strongroom_core.policies.views import PolicyReport, WouldDeny

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import PolicyId
    from strongroom_core.kernel.policies import Conditions

WEEK = timedelta(days=7)
MOST_READS = 50_000
MOST_NAMED = 20
"""How many secrets to name for each machine."""

_PORTION = 2000
"""How many reads are decided before other requests get a turn."""

_READS = f"""
select e.target_id as secret, s.name, e.actor_id, e.actor_name, e.address, e.at,
       e.version
from secret s cross join lateral (
    select e.target_id, e.actor_id, e.actor_name, e.address, e.at, e.id,
           coalesce((e.detail->>'version')::int, 0) as version from audit_entry e
    where e.vault = s.vault and e.target_id = s.id and e.at > $2
      and e.action = 'secret_read' and e.outcome = 'done' and {VISIBLE.format("$3")}
) e
where s.policy = $1 and s.kind = any($5) order by e.at desc, e.id desc limit $4
"""


@dataclass(slots=True)
class _Denied:
    """The denied reads of one machine for one reason."""

    machine: str
    name: str
    reason: str
    first_at: datetime
    last_at: datetime
    reads: int = 0
    secrets: dict[str, None] = field(default_factory=dict[str, None])


async def report_policy(core: Core, caller: Human, policy: PolicyId) -> PolicyReport:
    """Return which of the last week's reads the policy would have denied. Raises `NotFound`.

    Reads that were denied at the time aren't included. If there are more than 50,000 reads, only the latest
    are included.
    """
    async with gate.perform(core, caller, POLICY_VIEW, policy) as act:
        view = await policy_in(act, policy)
        since = act.at - WEEK
        rows = await act.connection.fetch(
            _READS,
            policy,
            since,
            only_of(caller),
            MOST_READS + 1,
            kinds_at(caller, act.target.place),
        )
    complete = len(rows) <= MOST_READS
    rows = rows[:MOST_READS]
    denied, rotations = await _replay(view.conditions, reversed(rows))
    return PolicyReport(
        since=since if complete else rows[-1]["at"],
        reads=len(rows),
        denied=sum(each.reads for each in denied),
        complete=complete,
        rotations=rotations,
        machines=[
            WouldDeny(
                machine_id=UUID(each.machine) if each.machine else None,
                machine_name=each.name,
                reason=each.reason,
                reads=each.reads,
                secrets=list(each.secrets)[:MOST_NAMED],
                first_at=each.first_at,
                last_at=each.last_at,
            )
            for each in sorted(denied, key=lambda each: (-each.reads, each.name, each.reason))
        ],
    )


async def _replay(conditions: Conditions, reads: Iterable[Row]) -> tuple[list[_Denied], int]:
    uses: dict[str, Use] = {}
    rotated: dict[str, int] = {}
    gone: set[str] = set()
    denied: dict[tuple[str, str], _Denied] = {}
    for number, read in enumerate(reads):
        if number % _PORTION == 0:
            await asyncio.sleep(0)
        use = uses.setdefault(read["secret"], Use())
        # Each rotation would have increased the version numbers of later reads.
        made = rotated.get(read["secret"], 0)
        attempt = Attempt(
            read["actor_id"] or "", read["address"], read["at"], read["version"] + made
        )
        # A secret whose time to live has expired is deleted, so no other condition denies its reads anymore.
        if read["secret"] in gone or refuse(Axis.TTL, conditions, use, attempt) is not None:
            gone.add(read["secret"])
            reason = Axis.TTL.value
        else:
            refusal = refuse_any(conditions, use, attempt)
            if refusal is None:
                count_read(conditions, use, attempt)
                if rotates_now(conditions, use, attempt):
                    rotated[read["secret"]] = made + 1
                continue
            reason = str(refusal.logged_as)
        found = denied.setdefault(
            (attempt.machine, reason),
            _Denied(attempt.machine, read["actor_name"], reason, attempt.now, attempt.now),
        )
        found.reads += 1
        found.last_at = attempt.now
        found.secrets[read["name"]] = None
    return list(denied.values()), sum(rotated.values())
