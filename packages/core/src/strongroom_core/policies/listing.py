"""Lists policies and the secrets that have them, and puts conditions into words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.policies import POLICIES_VIEW, POLICY_VIEW
from strongroom_core.access.visible import kinds_at
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.policies import (
    Conditions,
    no_co_signer,
    require_valid,
    stored_conditions,
)
from strongroom_core.kernel.policy_words import sentence_of
from strongroom_core.policies.views import PolicySecret, PolicyView, Words

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import PolicyId, ProjectId

_POLICIES = """
select p.id, p.project as project_id, p.name, p.mode, p.mode_since, p.mode_by, p.mode_reason, p.conditions,
       m.name as co_signer,
       (select count(*) from secret s
        where s.vault = p.vault and s.policy = p.id and s.kind = any($2)) as secrets,
       p.created_at, p.created_by, p.revision
from policy p left join machine m on m.vault = p.vault and m.id = (p.conditions->>'coSignMachineId')::uuid
"""

_CO_SIGNER = """
select m.name from machine m join attachment a on a.vault = m.vault and a.machine = m.id
where m.id = $1::text::uuid and a.project = $2 and m.approved_at is not null
"""

_SECRETS = """
select s.id, s.name, s.trashed_at is not null as trashed,
       (select count(*) from secret_grant g where g.vault = s.vault and g.secret = s.id) as readers,
       s.last_read_at, u.total
from secret s left join policy_use u on u.vault = s.vault and u.secret = s.id
where s.policy = $1 and s.kind = any($2) order by s.name_folded, s.id
"""


async def list_policies(core: Core, caller: Human, project: ProjectId) -> list[PolicyView]:
    """Return a project's policies, by name."""
    async with gate.perform(core, caller, POLICIES_VIEW, project) as act:
        rows = await act.connection.fetch(
            f"{_POLICIES} where p.project = $1 order by p.name_folded, p.id",
            project,
            kinds_at(caller, act.target.place),
        )
    return [_view(row) for row in rows]


async def read_policy(core: Core, caller: Human, policy: PolicyId) -> PolicyView:
    """Return one policy. Raises `NotFound`."""
    async with gate.perform(core, caller, POLICY_VIEW, policy) as act:
        return await policy_in(act, policy)


async def list_policy_secrets(core: Core, caller: Human, policy: PolicyId) -> list[PolicySecret]:
    """Return the secrets that have a policy and that the caller can see, by name."""
    async with gate.perform(core, caller, POLICY_VIEW, policy) as act:
        view = await policy_in(act, policy)
        kinds = kinds_at(caller, act.target.place)
        rows = await act.connection.fetch(_SECRETS, policy, kinds)
    most = view.conditions.ttl_max_reads
    return [
        PolicySecret.of_row(
            row,
            without=["total"],
            reads_left=None if most is None else max(0, most - (row["total"] or 0)),
        )
        for row in rows
    ]


async def describe_policy(
    core: Core, caller: Human, project: ProjectId, conditions: Conditions
) -> Words:
    """Return conditions in words, without storing them. Raises `Invalid` for invalid ones."""
    async with gate.perform(core, caller, POLICIES_VIEW, project) as act:
        checked = await checked_conditions(act, project, conditions)
        name = await act.connection.fetchval(_CO_SIGNER, checked.co_sign_machine_id, project)
    return Words(sentence=sentence_of(checked, name))


async def checked_conditions(
    act: gate.Act, project: str, conditions: Conditions, before: Conditions | None = None
) -> Conditions:
    """Return valid conditions. Raises `Invalid`.

    The co-signer must be a machine in the project, unless it was already the co-signer.
    """
    checked = require_valid(conditions, now=act.at)
    machine = checked.co_sign_machine_id
    if machine is None or (before is not None and machine == before.co_sign_machine_id):
        return checked
    if await act.connection.fetchval(_CO_SIGNER, machine, project) is None:
        raise no_co_signer()
    return checked


async def policy_in(act: gate.Act, policy: str) -> PolicyView:
    """Return the view of a policy, for the act on it or its project that has just read or changed it."""
    kinds = kinds_at(act.caller, act.target.place)
    row = await act.connection.fetchrow(f"{_POLICIES} where p.id = $1", policy, kinds)
    if row is None:
        raise NotFound("policy")
    return _view(row)


def _view(row: Row) -> PolicyView:
    conditions = stored_conditions(row["conditions"]) or Conditions()
    return PolicyView.of_row(
        row, conditions=conditions, sentence=sentence_of(conditions, row["co_signer"])
    )
