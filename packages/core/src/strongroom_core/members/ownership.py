"""Transfers ownership, and lets a member leave: what people can do to their own role (O-3, O-5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.members import MEMBER_LEAVE, OWNERSHIP_TRANSFER
from strongroom_core.access.roles import ADMIN_ROLE, OWNER_ROLE
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.members.listing import member_in
from strongroom_core.members.locked import (
    lock_member,
    lock_members,
    require_other_owner,
    require_still,
)
from strongroom_core.members.manage import end_drop_boxes, end_membership
from strongroom_core.members.stored_roles import find_access_role, find_vault_role

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.members.views import MemberView

_MAKE_OWNER = """
update member set vault_role = 'owner', custom_role = null, access_role = null, ends_at = null,
    revision = revision + 1
where id = $1
"""

_STEP_DOWN = """
update member set vault_role = $2, custom_role = $3, access_role = $4, revision = revision + 1
where account = $1 returning id
"""

_OWN = "select id from member where account = $1 for no key update"


async def transfer_ownership(
    core: Core,
    caller: Human,
    member: str,
    *,
    stay_owner: bool = False,
    vault_role: str = ADMIN_ROLE,
    access_role: str | None = None,
) -> MemberView:
    """Make an active member an owner. The caller becomes `vault_role`, unless `stay_owner`.

    Raises `Conflict` for a member who is an owner, or isn't active; `NotFound` for unknown roles.
    """
    if vault_role == OWNER_ROLE:
        raise Invalid("to stay an owner, set stayOwner to true", field="vaultRole")
    async with gate.perform(core, caller, OWNERSHIP_TRANSFER, member) as act:
        authority = await lock_members(act, caller)
        require_still(authority, VaultCapability.OWNERSHIP_TRANSFER)
        found = await lock_member(act)
        if found.account == caller.account or found.is_owner:
            raise Conflict("this member is already an owner")
        now = await member_in(act.connection, member, caller, act.at)
        if now.status != "active":
            raise Conflict("only an active member can become an owner")
        role = await find_vault_role(act.connection, vault_role)
        access = await find_access_role(act.connection, access_role) if access_role else None
        await act.connection.execute(_MAKE_OWNER, member)
        act.record(vault_role_before=found.role.name, stays_owner=stay_owner)
        if not stay_owner:
            await act.connection.execute(
                _STEP_DOWN, caller.account, role.id, role.custom, access.id if access else None
            )
            act.record(
                former_owner=caller.username,
                former_owner_role=role.name,
                former_owner_access=access.name if access else None,
            )
        return await member_in(act.connection, member, caller, act.at)


async def leave_vault(core: Core, caller: Human) -> None:
    """Leave the vault in which the caller acts. Its owners can invite them again.

    The caller's drop boxes end. Raises `Conflict` for the vault's last active owner, and in a personal vault.
    """
    async with gate.perform(core, caller, MEMBER_LEAVE) as act:
        await lock_members(act, caller)
        await require_other_owner(act, caller.account)
        own = await act.connection.fetchval(_OWN, caller.account)
        if own is None:
            raise NotFound("member")
        act.record(drop_boxes_ended=await end_drop_boxes(act, caller.account))
        await end_membership(act, own, caller.account)
