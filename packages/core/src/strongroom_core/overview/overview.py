"""A vault's overview: totals, items that need attention, and which first steps are done (U-1)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.audit import OVERVIEW_VIEW
from strongroom_core.access.visible import VISIBLE, application_exists, only_of, secret_exists
from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.limits import NEARLY_USED
from strongroom_core.overview.reach import Reached, reached_by
from strongroom_core.overview.views import (
    Counts,
    ExpiringMachine,
    FirstSteps,
    FrozenProject,
    NearlyUsedToken,
    Overview,
    PendingMachine,
    Recovering,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human

UNREAD = timedelta(days=90)
SEEN = timedelta(days=7)
EXPIRES_SOON = timedelta(days=3)
MOST = 100
"""The maximum number of items in each list. The counts show whether there are more."""

_SECRETS = """
select count(*) as secrets,
       count(*) filter (where coalesce(s.last_read_at, s.created_at) < {since}) as unread,
       count(*) filter (where s.last_read_at is null) as never_read
from secret s join project p on p.vault = s.vault and p.id = s.project
where s.trashed_at is null and p.trashed_at is null and {secret}
"""

_FACTS = f"""
select count(*) filter (where m.approved_at is not null) as machines,
       count(*) filter (where m.approved_at is not null and m.last_seen_at >= {{since}}) as seen,
       count(*) filter (where m.approved_at is null) as pending,
       (select count(*) from member b where b.status = 'active') as members,
       (select count(*) from application a where {{application}}) as applications,
       (select concat_ws('/', a.name, p.name, s.name) from secret_grant g
        join secret s on s.vault = g.vault and s.id = g.secret
        join project p on p.vault = s.vault and p.id = s.project
        left join application a on a.vault = p.vault and a.id = p.application
        where {{secret}}
        order by g.granted_at, g.id limit 1) as granted_path,
       (select e.at from audit_entry e
        where e.action = 'secret_read' and {VISIBLE.format("{only}")}
        order by e.at limit 1) as first_read_at
from machine m
"""

_PENDING = """
select m.id, m.name, m.hostname, m.registered_at as since from machine m
where m.approved_at is null order by m.registered_at, m.id limit $1
"""

_EXPIRING = """
select m.id, m.name, m.expires_at from machine m
where m.approved_at is not null and m.enabled and m.expires_at > $1 and m.expires_at <= $2
order by m.expires_at, m.id limit $3
"""

_NEARLY_USED = """
select t.id, t.name, t.uses, t.max_uses from enrollment_token t
where t.revoked_at is null and t.expires_at > $1
  and t.uses < t.max_uses and t.uses >= $2::float8 * t.max_uses
order by t.max_uses - t.uses, t.id limit $3
"""


_RECOVERIES = "select username, due_at from recoveries_in($1)"


async def read_overview(core: Core, caller: Human) -> Overview:
    """Return the overview of the caller's vault, limited to the objects that the caller can see."""
    sees_machines = VaultCapability.MACHINES_VIEW in caller.authority.vault
    sees_tokens = VaultCapability.ENROLLMENT_VIEW in caller.authority.vault
    async with gate.perform(core, caller, OVERVIEW_VIEW) as act:
        reached = await reached_by(act.connection, caller)
        secrets = await _secrets(act, caller)
        facts = await _facts(act, caller)
        if facts is None or secrets is None:
            raise ValueError("an aggregate query returns exactly one row")
        recoveries = await act.connection.fetch(_RECOVERIES, act.vault)
        pending, expiring, tokens = [], [], []
        if sees_machines:
            pending = await act.connection.fetch(_PENDING, MOST)
            soon = act.at + EXPIRES_SOON
            expiring = await act.connection.fetch(_EXPIRING, act.at, soon, MOST)
        if sees_tokens:
            tokens = await act.connection.fetch(_NEARLY_USED, act.at, NEARLY_USED, MOST)
    granted = facts["granted_path"] is not None
    return Overview(
        counts=Counts(
            projects=len(reached),
            applications=facts["applications"],
            secrets=secrets["secrets"],
            secrets_unread=secrets["unread"],
            secrets_never_read=secrets["never_read"],
            machines=facts["machines"] if sees_machines else None,
            machines_seen=facts["seen"] if sees_machines else None,
            machines_pending=facts["pending"] if sees_machines else None,
            members=facts["members"],
        ),
        pending_machines=[PendingMachine.of_row(row) for row in pending],
        frozen_projects=frozen_among(reached),
        expiring_machines=[ExpiringMachine.of_row(row) for row in expiring],
        nearly_used_tokens=[NearlyUsedToken.of_row(row) for row in tokens],
        recoveries=[Recovering.of_row(row) for row in recoveries],
        first_steps=FirstSteps(
            has_project=bool(reached),
            has_secret=secrets["secrets"] > 0,
            machine_registered=granted
            or (sees_machines and facts["machines"] + facts["pending"] > 0),
            machine_approved=granted or (sees_machines and facts["machines"] > 0),
            machine_granted=granted,
            has_read=facts["first_read_at"] is not None,
            granted_path=facts["granted_path"],
        ),
        first_read_at=facts["first_read_at"],
    )


async def _secrets(act: gate.Act, caller: Human) -> Row | None:
    conditions = Conditions()
    since, secret = conditions.place(act.at - UNREAD), secret_exists(conditions, caller)
    sql = _SECRETS.format(since=since, secret=secret)
    return await act.connection.fetchrow(sql, *conditions.arguments)


async def _facts(act: gate.Act, caller: Human) -> Row | None:
    conditions = Conditions()
    sql = _FACTS.format(
        since=conditions.place(act.at - SEEN),
        only=conditions.place(only_of(caller)),
        application=application_exists(conditions, caller),
        secret=secret_exists(conditions, caller),
    )
    return await act.connection.fetchrow(sql, *conditions.arguments)


def frozen_among(reached: Sequence[Reached]) -> list[FrozenProject]:
    """Return those of the given projects that are frozen, most recently frozen first."""
    frozen = [
        FrozenProject(
            id=project.id,
            name=project.name,
            application_name=project.application_name,
            environment=project.environment,
            since=project.frozen_at,
            by=project.frozen_by,
            by_canary=project.frozen_by_canary,
            reason=project.freeze_reason,
        )
        for project in reached
        if project.frozen_at is not None
    ]
    return sorted(frozen, key=lambda each: each.since, reverse=True)[:MOST]
