"""Applies a policy to secrets in its project, and removes it. A secret can have at most one (P-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.policies import POLICY_APPLY, POLICY_REMOVE
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.policies.counted import (
    begin_counting,
    listed_names,
    require_rotation,
    stop_counting,
)
from strongroom_core.policies.listing import policy_in
from strongroom_core.policies.views import PolicyApplied

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.access.action import Action
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import PolicyId

MOST_SECRETS = 2000

# Locked in the order of IDs, so that two changes can't deadlock.
_SECRETS = """
select s.id, s.name, s.kind, s.policy, p.name as policy_name
from secret s left join policy p on p.vault = s.vault and p.id = s.policy
where s.project = $1 and s.id = any($2::varchar[]) and (s.trashed_at is null or $3::boolean)
order by s.id for no key update of s
"""

_SET = """
update secret set policy = $2, revision = revision + 1 where id = any($1::varchar[])
"""


async def apply_policy(
    core: Core, caller: Human, policy: PolicyId, *, secrets: Sequence[str]
) -> PolicyApplied:
    """Apply a policy to secrets in its project, all or nothing. Secrets that already have it aren't changed.

    Reads are counted from zero. Raises `NotFound` if an ID isn't a secret in the project, and `Conflict` for
    secrets that have another policy, or that the policy rotates but that have no rotation settings. A policy
    that rotates also needs the capability to rotate; raises `Refused` without it.
    """
    async with gate.perform(core, caller, POLICY_APPLY, policy) as act:
        rows = await _secrets(act, POLICY_APPLY, secrets)
        others = [row for row in rows if row["policy"] not in (None, policy)]
        if others:
            listed = listed_names([f"{row['name']} has {row['policy_name']}" for row in others])
            raise Conflict(
                f"a secret can have at most one policy; remove the other one first: {listed}"
            )
        new = [row for row in rows if row["policy"] is None]
        await act.connection.execute(_SET, [row["id"] for row in new], policy)
        view = await policy_in(act, policy)
        await require_rotation(act, [row["id"] for row in new], view.conditions)
        await begin_counting(act.connection, [row["id"] for row in new], view.conditions)
        _record(act, given=new, taken=[], sentence=view.sentence, mode=view.mode)
        return PolicyApplied(changed=len(new), policy=view)


async def remove_policy(
    core: Core, caller: Human, policy: PolicyId, *, secrets: Sequence[str]
) -> PolicyApplied:
    """Remove a policy from secrets, all or nothing. From the next read, they can be read without conditions.

    Secrets that don't have it aren't changed. Raises `NotFound` if an ID isn't a secret in the project;
    secrets in the trash count.
    """
    async with gate.perform(core, caller, POLICY_REMOVE, policy) as act:
        rows = await _secrets(act, POLICY_REMOVE, secrets, trashed=True)
        gone = [row for row in rows if row["policy"] == policy]
        ids = [row["id"] for row in gone]
        await act.connection.execute(_SET, ids, None)
        await stop_counting(act.connection, ids)
        view = await policy_in(act, policy)
        _record(act, given=[], taken=gone, sentence=view.sentence, mode=view.mode)
        return PolicyApplied(changed=len(gone), policy=view)


async def _secrets(
    act: gate.Act, action: Action, secrets: Sequence[str], *, trashed: bool = False
) -> list[Row]:
    if len(secrets) > MOST_SECRETS:
        raise Invalid(f"at most {MOST_SECRETS:,} secrets at once", field="secretIds")
    place = act.target.place
    if place is None:
        raise ValueError("a policy is in a project")
    rows = await act.connection.fetch(_SECRETS, place.project, list(secrets), trashed)
    missing = len(set(secrets)) - len(rows)
    if missing:
        some = "1 secret" if missing == 1 else f"{missing:,} secrets"
        raise NotFound(f"nothing was changed: {some} in this project")
    act.require_kinds(action, sorted({SecretKind(row["kind"]) for row in rows}))
    return rows


def _record(
    act: gate.Act, *, given: Sequence[Row], taken: Sequence[Row], sentence: str, mode: str
) -> None:
    act.record(
        given=sorted(row["name"] for row in given),
        taken=sorted(row["name"] for row in taken),
        secret_ids=sorted(row["id"] for row in [*given, *taken]),
        sentence=sentence,
        mode=mode,
    )
