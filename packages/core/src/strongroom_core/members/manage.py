"""Changes a member's roles, and suspends and removes members (O-3, O-5).

Each change takes effect with the member's next request, because roles are resolved for every request (O-6).
None of them affects machines (O-7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.members import (
    MEMBER_REMOVE,
    MEMBER_RESUME,
    MEMBER_SUSPEND,
    MEMBER_UPDATE,
)
from strongroom_core.access.delegation import refuse_access, refuse_role
from strongroom_core.access.roles import OWNER_ROLE
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Changed, Conflict, Invalid
from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_core.kernel.names import require_text
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.members.listing import member_in
from strongroom_core.members.locked import (
    LockedMember,
    keep_in_a_vault,
    lock_managed,
    require_other_owner,
)
from strongroom_core.members.stored_roles import (
    AccessRoleInUse,
    VaultRoleInUse,
    applications_of,
    describe_access,
    find_access_role,
    find_vault_role,
    gained_and_lost,
)
from strongroom_core.members.views import Removed

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.kernel.authority import Authority
    from strongroom_core.kernel.caller import Human
    from strongroom_core.members.views import MemberView

_UPDATE = """
update member set vault_role = $2, custom_role = $3, access_role = $4, ends_at = $5, revision = revision + 1
where id = $1
"""

_SET = """
update member set status = $2, suspended_at = $3, revision = revision + 1 where id = $1 and status <> $2
returning true
"""

_TAKE_OVER = """
update drop_box set created_by = $2, creator_name = $3 where created_by = $1 and state = 'pending'
returning id
"""

_END_BOXES = """
update drop_box set state = 'revoked', ended_at = clock_timestamp()
where created_by = $1 and state = 'pending' returning id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChanges:
    """What to change. None leaves a member unchanged; an empty `access_role` removes the role.

    `ends_at` sets the membership's end, and `endless` removes it.
    """

    vault_role: str | None = None
    access_role: str | None = None
    ends_at: datetime | None = None
    endless: bool = False


async def update_member(
    core: Core,
    caller: Human,
    member: str,
    changes: MemberChanges,
    *,
    if_match: int | None = None,
) -> MemberView:
    """Change a member's roles or the end of the membership.

    Raises `Refused` for the caller's own membership, for a member or role that isn't below the caller's role,
    and for an access role with a right that the caller lacks, also if the membership is only extended;
    `Conflict` for the last active owner; `NotFound` for an unknown role; `CapReached` if an ended membership
    would need room again.
    """
    if changes.vault_role == OWNER_ROLE:
        raise Invalid(
            "a member becomes an owner by a transfer of ownership, which needs step-up authentication",
            field="vaultRole",
        )
    async with gate.perform(core, caller, MEMBER_UPDATE, member) as act:
        authority, found = await lock_managed(act, caller, VaultCapability.ROLES_ASSIGN)
        if if_match is not None and if_match != found.revision:
            raise Changed
        role, access = await _wanted(act, authority, found, changes)
        ends_at = None if changes.endless else changes.ends_at or found.ends_at
        if changes.ends_at is not None and changes.ends_at <= act.at:
            raise Invalid("endsAt must be in the future", field="endsAt")
        if role.id == OWNER_ROLE and (access is not None or ends_at is not None):
            raise Conflict(
                "an owner has every right and no end date; give this member another vault role first"
            )
        if found.is_owner and role.id != OWNER_ROLE:
            await require_other_owner(act, found.account)
        if _is_over(found.ends_at, act.at) and not _is_over(ends_at, act.at):
            await require_room(act, Cap.MEMBERS)
        await act.connection.execute(
            _UPDATE, member, role.id, role.custom, access.id if access else None, ends_at
        )
        if ends_at is not None:
            await keep_in_a_vault(act, found.account)
        _record_roles(act, found, role, access)
        act.record(ends_at=ends_at.isoformat() if ends_at is not None else None)
        return await member_in(act.connection, member, caller, act.at)


async def suspend_member(
    core: Core, caller: Human, member: str, *, reason: str | None = None
) -> MemberView:
    """Suspend a member: their next request is denied. Nothing they created changes, and it can be undone.

    Raises what `update_member` raises, and `Conflict` for a member who is suspended.
    """
    said = require_text(reason, field="reason", most=REASON_LENGTH)
    async with gate.perform(core, caller, MEMBER_SUSPEND, member) as act:
        _, found = await lock_managed(act, caller, VaultCapability.MEMBERS_MANAGE)
        if found.is_owner:
            await require_other_owner(act, found.account)
        if await act.connection.fetchval(_SET, member, "suspended", act.at) is None:
            raise Conflict("this member is already suspended")
        await keep_in_a_vault(act, found.account)
        act.record(reason=said)
        return await member_in(act.connection, member, caller, act.at)


async def resume_member(core: Core, caller: Human, member: str) -> MemberView:
    """End a member's suspension. Raises `Conflict` if the member isn't suspended.

    This gives the member their roles back. So it also raises `Refused` for an access role with a right that
    the caller lacks.
    """
    async with gate.perform(core, caller, MEMBER_RESUME, member) as act:
        authority, found = await lock_managed(act, caller, VaultCapability.MEMBERS_MANAGE)
        await _require_assignable(act, authority, found.access)
        if await act.connection.fetchval(_SET, member, "active", None) is None:
            raise Conflict("this member isn't suspended")
        return await member_in(act.connection, member, caller, act.at)


async def remove_member(
    core: Core, caller: Human, member: str, *, take_over: bool = False
) -> Removed:
    """Remove a member from the vault. Their account, their entries and the machines they approved are kept.

    A drop box acts with its creator's rights, so the member's drop boxes end. With `take_over`, they become
    the caller's instead, and act with the caller's rights, not the member's. Raises what `suspend_member`
    raises.
    """
    async with gate.perform(core, caller, MEMBER_REMOVE, member) as act:
        _, found = await lock_managed(act, caller, VaultCapability.MEMBERS_MANAGE)
        if found.is_owner:
            await require_other_owner(act, found.account)
        if take_over:
            taken = await act.connection.fetch(
                _TAKE_OVER, found.account, caller.account, caller.username
            )
            boxes = len(taken)
        else:
            boxes = await end_drop_boxes(act, found.account)
        await end_membership(act, member, found.account)
        act.record(
            vault_role=found.role.name,
            access_role=found.access.name if found.access else None,
            drop_boxes_taken_over=boxes if take_over else 0,
            drop_boxes_ended=0 if take_over else boxes,
            **gained_and_lost(_given(found.role, found.access), ()),
        )
        return Removed(username=found.username, drop_boxes=boxes)


async def end_drop_boxes(act: gate.Act, account: str) -> int:
    """End a leaving member's drop boxes; return how many."""
    return len(await act.connection.fetch(_END_BOXES, account))


async def end_membership(act: gate.Act, member: str, account: str) -> None:
    """Delete a membership. The person keeps their account, and gets an empty vault if they have no other."""
    await act.connection.execute("delete from member where id = $1", member)
    await keep_in_a_vault(act, account)


async def _wanted(
    act: gate.Act, authority: Authority, found: LockedMember, changes: MemberChanges
) -> tuple[VaultRoleInUse, AccessRoleInUse | None]:
    """Return the member's new roles, if the caller can assign them."""
    role, access = found.role, found.access
    if changes.vault_role is not None:
        role = await find_vault_role(act.connection, changes.vault_role)
        refusal = refuse_role(authority, role.capabilities)
        if refusal is not None:
            raise refusal
    if changes.access_role == "":
        access = None
    elif changes.access_role is not None:
        access = await find_access_role(act.connection, changes.access_role)
    if changes.access_role is not None or _extends(found.ends_at, changes):
        await _require_assignable(act, authority, access)
    return role, access


async def _require_assignable(
    act: gate.Act, authority: Authority, access: AccessRoleInUse | None
) -> None:
    """Raise `Refused` unless the caller can assign this access role."""
    if access is None:
        return
    refusal = refuse_access(
        authority, access.access, await applications_of(act.connection, access.access.projects)
    )
    if refusal is not None:
        raise refusal


def _extends(ends_at: datetime | None, changes: MemberChanges) -> bool:
    """Whether a membership that has an end gets a later one, or none."""
    if ends_at is None:
        return False
    return changes.endless or (changes.ends_at is not None and changes.ends_at > ends_at)


def _given(role: VaultRoleInUse, access: AccessRoleInUse | None) -> list[str]:
    return [*role.capabilities, *describe_access(access.access if access else None)]


def _record_roles(
    act: gate.Act, before: LockedMember, role: VaultRoleInUse, access: AccessRoleInUse | None
) -> None:
    """Record which roles the member had and has, and each capability and right gained or lost (L-6)."""
    act.record(
        vault_role_before=before.role.name,
        vault_role=role.name,
        access_role_before=before.access.name if before.access else None,
        access_role=access.name if access else None,
        **gained_and_lost(_given(before.role, before.access), _given(role, access)),
    )


def _is_over(ends_at: datetime | None, at: datetime) -> bool:
    return ends_at is not None and ends_at <= at
