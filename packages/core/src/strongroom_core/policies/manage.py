"""Creates, changes and deletes policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.policies import POLICY_CREATE, POLICY_DELETE, POLICY_UPDATE
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conflicts import name_taken_as
from strongroom_core.db.query import revise
from strongroom_core.kernel.errors import Axis, Conflict
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import folded, require_name
from strongroom_core.policies.counted import note_co_signer, require_rotation, secrets_of
from strongroom_core.policies.listing import checked_conditions, policy_in
from strongroom_core.policies.views import PolicyMode, PolicyView
from strongroom_core.schema.policies import Policy

if TYPE_CHECKING:
    from piccolo.columns import Column

    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import PolicyId, ProjectId
    from strongroom_core.kernel.policies import Conditions

MOST_POLICIES = 200
"""In one project."""

_TAKEN = "another policy in this project has this name; choose another name"


async def create_policy(
    core: Core, caller: Human, project: ProjectId, *, name: str, conditions: Conditions
) -> PolicyView:
    """Create a policy in shadow mode. No secret has it yet. Raises `Invalid` and `NameTaken`."""
    require_name(name, field="name", most=NAME_LENGTH)
    async with gate.perform(core, caller, POLICY_CREATE, project) as act:
        checked = await checked_conditions(act, project, conditions)
        count = await act.connection.fetchval(
            "select count(*) from policy where project = $1", project
        )
        if count >= MOST_POLICIES:
            raise Conflict(
                f"a project can have at most {MOST_POLICIES} policies; delete some first"
            )
        made = Policy(
            vault=act.vault,
            id=new_id("pol"),
            project=project,
            name=name,
            name_folded=folded(name),
            mode=PolicyMode.SHADOW.value,
            mode_since=act.at,
            mode_by=act.actor[2],
            conditions=checked.to_json(),
            created_at=act.at,
            created_by=act.actor[2],
        )
        with name_taken_as(_TAKEN):
            await act.run(Policy.insert(made))
        view = await policy_in(act, made.id)
        act.concerns(ObjectKind.POLICY, made.id, name, project)
        act.record(sentence=view.sentence, mode=view.mode)
        return view


async def update_policy(
    core: Core,
    caller: Human,
    policy: PolicyId,
    *,
    name: str | None = None,
    conditions: Conditions | None = None,
    if_match: int | None = None,
) -> PolicyView:
    """Change a policy's name, or replace all its conditions. Changes take effect from the next read.

    The counts are kept. Raises `Invalid`, `NameTaken`, `Conflict` if the policy would rotate secrets
    without rotation settings, `Refused` if it would rotate secrets that the caller can't rotate, and
    `Changed` if `if_match` doesn't match.
    """
    if name is not None:
        require_name(name, field="name", most=NAME_LENGTH)
    async with gate.perform(core, caller, POLICY_UPDATE, policy) as act:
        act.require_revision(if_match)
        before = await policy_in(act, policy)
        values: dict[Column, object] = {}
        if conditions is not None:
            checked = await checked_conditions(
                act, before.project_id, conditions, before.conditions
            )
            values[Policy.conditions] = checked.to_json()
            bound = await secrets_of(act.connection, policy)
            if _rotates_after(checked) != _rotates_after(before.conditions):
                await require_rotation(act, bound, checked)
            if checked.co_sign_machine_id != before.conditions.co_sign_machine_id:
                await note_co_signer(act.connection, bound, checked)
        with name_taken_as(_TAKEN):
            await act.run(revise(Policy, policy, values, name=name))
        view = await policy_in(act, policy)
        if view.name != before.name:
            act.record(renamed_from=before.name, renamed_to=view.name)
        if conditions is not None:
            act.record(before=before.sentence, sentence=view.sentence, mode=view.mode)
            act.record(secret_ids=await secrets_of(act.connection, policy))
        return view


def _rotates_after(conditions: Conditions) -> int | None:
    return conditions.rotate_after_reads if conditions.has(Axis.ROTATE) else None


async def delete_policy(
    core: Core, caller: Human, policy: PolicyId, *, if_match: int | None = None
) -> None:
    """Delete a policy. Raises `Conflict` while a secret has it."""
    async with gate.perform(core, caller, POLICY_DELETE, policy) as act:
        act.require_revision(if_match)
        view = await policy_in(act, policy)
        if view.secrets:
            some = "1 secret has" if view.secrets == 1 else f"{view.secrets:,} secrets have"
            raise Conflict(
                f"{some} this policy (including secrets in the trash); remove it from them first"
            )
        await act.run(Policy.delete().where(Policy.id == policy))
        act.record(sentence=view.sentence)
