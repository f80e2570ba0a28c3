"""Puts the changes of a vault's members and roles in order, and decides each with current authority.

Every such change locks the vault's row first. So two changes can't each rely on something that the other
removes: the last two owners can't demote each other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from strongroom_core.access.delegation import refuse_managing
from strongroom_core.access.roles import OWNER_ROLE, authority_of, still_held
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.errors import Conflict, NotAuthenticated, NotFound, Refused
from strongroom_core.members.stored_roles import (
    AccessRoleInUse,
    VaultRoleInUse,
    find_access_role,
    find_vault_role,
)
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.gate import Act
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.authority import Authority, VaultCapability
    from strongroom_core.kernel.caller import Human

_LOCK = "select shape from vault where id = $1 for no key update"

_MEMBER = """
select m.account, m.vault_role, m.access_role, m.status, m.ends_at, m.suspended_at, m.revision
from member m where m.id = $1 for no key update
"""


@dataclass(frozen=True, slots=True)
class LockedMember:
    """A member's current row."""

    id: str
    username: str
    account: str
    role: VaultRoleInUse
    access: AccessRoleInUse | None
    status: str
    ends_at: datetime | None
    revision: int

    @property
    def is_owner(self) -> bool:
        """Whether this is an owner."""
        return self.role.id == OWNER_ROLE


async def lock_members(act: Act, caller: Human) -> Authority:
    """Exclude all other changes of members and roles until the act ends; return the caller's authority.

    It is resolved again, because it may have changed since the request began. Raises `NotAuthenticated` if
    the caller is no longer a member, `Refused` if they have lost the needed capability, and `Conflict` in a
    personal vault.
    """
    shape = await act.connection.fetchval(_LOCK, act.vault)
    if shape != "organization":
        raise Conflict(
            "a personal vault has one member; convert it to an organization in Settings first"
        )
    current = await current_authority(act.connection, act.vault, caller.account, act.at)
    if current is None:
        raise NotAuthenticated("session expired; sign in again")
    # A person's key may have been approved for less than the person can do (D-5).
    return replace(
        current,
        vault=current.vault & caller.authority.vault,
        access=still_held(current, caller.authority),
    )


def require_still(authority: Authority, needed: VaultCapability) -> None:
    """Raise `Refused` if the caller has lost the capability since the request began."""
    if needed not in authority.vault:
        raise Refused(Code.NO_CAPABILITY, f"you need {needed}; ask the vault's owner")


async def current_authority(
    connection: Connection, vault: str, account: str, at: datetime
) -> Authority | None:
    """Return a member's authority now, or None unless their account and membership are active."""
    stored = await connection.fetchval("select roles_of_member($1, $2, $3)", vault, account, at)
    return None if stored is None else authority_of(stored)


async def lock_member(act: Act) -> LockedMember:
    """Return the member that the act is about, as they are now. Needs `lock_members`."""
    row = await act.connection.fetchrow(_MEMBER, act.target.id)
    if row is None:
        raise NotFound("member")
    access = row["access_role"]
    return LockedMember(
        id=act.target.id,
        username=act.target.name,
        account=row["account"],
        role=await find_vault_role(act.connection, row["vault_role"]),
        access=await find_access_role(act.connection, access) if access is not None else None,
        status=row["status"],
        ends_at=row["ends_at"],
        revision=row["revision"],
    )


async def lock_managed(
    act: Act, caller: Human, needed: VaultCapability
) -> tuple[Authority, LockedMember]:
    """Lock a member whom the caller can manage; return the caller's authority and the member.

    Raises `Refused` for the caller themselves, and for a member whose role isn't below the caller's.
    """
    authority = await lock_members(act, caller)
    require_still(authority, needed)
    member = await lock_member(act)
    if member.account == caller.account:
        raise Refused(
            Code.NO_CAPABILITY, "nobody can change their own role; ask another member who can"
        )
    refusal = refuse_managing(authority, member.role.id, member.role.capabilities)
    if refusal is not None:
        raise refusal
    return authority, member


async def require_other_owner(act: Act, account: str) -> None:
    """Raise `Conflict` if this account is the vault's last active owner."""
    owners = await act.connection.fetch("select o as account from owners_in_scope() o")
    if all(row["account"] == account for row in owners):
        raise Conflict("this is the vault's last active owner; make another member an owner first")


async def keep_in_a_vault(act: Act, account: str) -> None:
    """Give a person who loses this vault an empty one, unless they have another: everyone needs one."""
    if not await act.connection.fetchval("select has_other_vault($1)", account):
        await act.connection.execute(
            "select found_vault($1, 'personal', 'New vault', $2, $3, $4)",
            new_id("vault"),
            new_id("mem"),
            account,
            act.at,
        )
