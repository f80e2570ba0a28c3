"""Invites people by email, and lists, resends and withdraws invitations (O-4).

Nothing here looks up whether the address has an account. So neither the response nor its time depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.members import (
    INVITATION_CREATE,
    INVITATION_RESEND,
    INVITATION_WITHDRAW,
    INVITATIONS_VIEW,
)
from strongroom_core.access.delegation import refuse_access, refuse_role
from strongroom_core.access.mail_limits import require_invitable
from strongroom_core.access.roles import OWNER_ROLE
from strongroom_core.accounts.identity import fold, require_email
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.names import require_searchable
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.link import INVITATION_LIFETIME, TOKEN
from strongroom_core.mail.put import put_mail
from strongroom_core.mail.state import sends_mail
from strongroom_core.members.locked import lock_members, require_still
from strongroom_core.members.stored_roles import (
    AccessRoleInUse,
    VaultRoleInUse,
    applications_of,
    describe_access,
    find_access_role,
    find_vault_role,
    vault_role_name,
)
from strongroom_core.members.views import InvitationView, Invited

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.authority import Authority
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import CountedPage, PageRequest

_COLUMNS = """
i.id, i.address, i.vault_role, v.name as vault_role_name, i.access_role, r.name as access_role_name,
i.ends_at, inviter_in_scope(i.invited_by) as inviter, i.created_at, i.sent_at, i.expires_at, i.revision
"""

INVITATIONS = Listing(
    columns=_COLUMNS,
    source="""
        invitation i
        left join vault_role v on v.vault = i.vault and v.id = i.vault_role
        left join access_role r on r.vault = i.vault and r.id = i.access_role
    """,
    counted="invitation i",
    name=(Key("i.address_folded"),),
    id=Key("i.id"),
    sorts={
        "address": (),
        "createdAt": (Key("i.created_at", "timestamptz"),),
        "expiresAt": (Key("i.expires_at", "timestamptz"),),
    },
    default="address",
)

# An expired invitation to the same address is replaced.
_PUT = """
insert into invitation (vault, id, address, address_folded, vault_role, custom_role, access_role, ends_at,
                        invited_by, token_hash, created_at, sent_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)
on conflict (vault, address_folded) do update set
    id = excluded.id, address = excluded.address, vault_role = excluded.vault_role,
    custom_role = excluded.custom_role, access_role = excluded.access_role, ends_at = excluded.ends_at,
    invited_by = excluded.invited_by, token_hash = excluded.token_hash, created_at = excluded.created_at,
    sent_at = excluded.sent_at, expires_at = excluded.expires_at, revision = 1
where invitation.expires_at <= excluded.created_at
returning true
"""

_ROW = "select vault_role, access_role, address, ends_at, expires_at from invitation where id = $1 for update"

_RESEND = """
update invitation set invited_by = $2, token_hash = $3, sent_at = $4, expires_at = $5, revision = revision + 1
where id = $1
"""


async def invite_member(
    core: Core,
    caller: Human,
    *,
    address: str,
    vault_role: str,
    access_role: str | None = None,
    ends_at: datetime | None = None,
) -> Invited:
    """Invite an email address for seven days. `ends_at` is the end of the membership, if it has one.

    The result has a token only if the server sends no email (A-12). Raises `Refused` for a role that the
    caller can't assign, `Conflict` for an address with a live invitation and in a personal vault,
    `CapReached`, `Invalid`, and `TooMany` for the sixth invitation to one address in an hour, and for more
    invitations than a person or a vault can send in an hour.
    """
    wanted = require_email(address)
    if vault_role == OWNER_ROLE:
        raise Invalid(
            "nobody can be invited as an owner; transfer ownership to a member instead",
            field="vaultRole",
        )
    await require_invitable(core, caller, fold(wanted))
    token, hashed = _new_token(core)
    async with gate.perform(core, caller, INVITATION_CREATE) as act:
        if access_role is not None:
            act.require_part(INVITATION_CREATE, "accessRoleId")
        authority = await lock_members(act, caller)
        role, access = await require_assignable(act.connection, authority, vault_role, access_role)
        if ends_at is not None and ends_at <= act.at:
            raise Invalid("endsAt must be in the future", field="endsAt")
        await require_room(act, Cap.MEMBERS)
        invitation = new_id("inv")
        put = await act.connection.fetchval(
            _PUT,
            act.vault,
            invitation,
            wanted,
            fold(wanted),
            role.id,
            role.custom,
            access.id if access else None,
            ends_at,
            caller.account,
            hashed,
            act.at,
            act.at + INVITATION_LIFETIME,
        )
        if put is None:
            raise Conflict(
                "this address already has an invitation; resend it, or withdraw it first"
            )
        await _mail(core, act, caller, invitation, wanted, role)
        act.concerns(ObjectKind.INVITATION, invitation, wanted)
        act.record(
            vault_role=role.name,
            access_role=access.name if access else None,
            given=[*sorted(role.capabilities), *describe_access(access.access if access else None)],
        )
        return Invited(await _invitation_in(act.connection, invitation, act.at), token)


async def list_invitations(
    core: Core, caller: Human, page: PageRequest, *, q: str | None = None
) -> CountedPage[InvitationView]:
    """Return the vault's invitations, by address unless `page` has another order.

    `q` is any part of an address.
    """
    conditions = Conditions()
    if q:
        conditions.add(
            "position({0}::text in i.address_folded) > 0", fold(require_searchable(q, field="q"))
        )
    async with gate.perform(core, caller, INVITATIONS_VIEW) as act:
        return await fetch_counted(
            act.connection, INVITATIONS, page, conditions, lambda row: _view(row, act.at)
        )


async def resend_invitation(core: Core, caller: Human, invitation: str) -> Invited:
    """Send an invitation again, for another seven days, with a new link; the caller becomes its inviter.

    Raises what `invite_member` raises.
    """
    async with core.database.transaction(caller.vault) as connection:
        to = await connection.fetchval(
            "select address_folded from invitation where id = $1", invitation
        )
    if to is not None:
        await require_invitable(core, caller, to)
    token, hashed = _new_token(core)
    async with gate.perform(core, caller, INVITATION_RESEND, invitation) as act:
        authority = await lock_members(act, caller)
        row = await act.connection.fetchrow(_ROW, invitation)
        if row is None:
            raise NotFound("invitation")
        if row["access_role"] is not None:
            act.require_part(INVITATION_RESEND, "accessRoleId")
        role, _ = await require_assignable(
            act.connection, authority, row["vault_role"], row["access_role"]
        )
        if row["expires_at"] <= act.at:
            await require_room(act, Cap.MEMBERS)
        await act.connection.execute(
            _RESEND, invitation, caller.account, hashed, act.at, act.at + INVITATION_LIFETIME
        )
        await _mail(core, act, caller, invitation, row["address"], role)
        return Invited(await _invitation_in(act.connection, invitation, act.at), token)


async def withdraw_invitation(core: Core, caller: Human, invitation: str) -> None:
    """Withdraw an invitation: its link and the invitation itself can no longer be used.

    Raises `Refused` for one with a vault role that isn't below the caller's.
    """
    async with gate.perform(core, caller, INVITATION_WITHDRAW, invitation) as act:
        authority = await lock_members(act, caller)
        require_still(authority, VaultCapability.MEMBERS_INVITE)
        row = await act.connection.fetchrow(_ROW, invitation)
        if row is None:
            raise NotFound("invitation")
        role = await find_vault_role(act.connection, row["vault_role"])
        refusal = refuse_role(authority, role.capabilities)
        if refusal is not None:
            raise refusal
        await act.connection.execute("delete from invitation where id = $1", invitation)


async def require_assignable(
    connection: Connection, authority: Authority, vault_role: str, access_role: str | None
) -> tuple[VaultRoleInUse, AccessRoleInUse | None]:
    """Return an invitation's roles, if this author can assign them. Raises `Refused` and `NotFound`."""
    require_still(authority, VaultCapability.MEMBERS_INVITE)
    role = await find_vault_role(connection, vault_role)
    refusal, access = refuse_role(authority, role.capabilities), None
    if refusal is None and access_role is not None:
        require_still(authority, VaultCapability.ROLES_ASSIGN)
        access = await find_access_role(connection, access_role)
        belongs = await applications_of(connection, access.access.projects)
        refusal = refuse_access(authority, access.access, belongs)
    if refusal is not None:
        raise refusal
    return role, access


def _new_token(core: Core) -> tuple[str | None, bytes | None]:
    """Return a link's token and its hash, if the server sends no email; otherwise the worker makes them."""
    return (None, None) if sends_mail(core) else mint_token(TOKEN)


async def _mail(
    core: Core, act: gate.Act, caller: Human, invitation: str, address: str, role: VaultRoleInUse
) -> None:
    if not sends_mail(core):
        return
    until = act.at + INVITATION_LIFETIME
    await put_mail(
        act.connection,
        MailKind.INVITATION,
        at=act.at,
        address=address,
        subject=invitation,
        facts={
            "inviter": caller.username,
            "vault": await act.connection.fetchval("select name from vault"),
            "role": role.name,
            "until": f"{until:%-d %B %Y, %H:%M} UTC",
        },
        vault=act.vault,
    )


async def _invitation_in(connection: Connection, invitation: str, at: datetime) -> InvitationView:
    row = await connection.fetchrow(
        f"select {_COLUMNS} from {INVITATIONS.source} where i.id = $1", invitation
    )
    if row is None:
        raise NotFound("invitation")
    return _view(row, at)


def _view(row: Mapping[str, Any], at: datetime) -> InvitationView:
    return InvitationView.of_row(
        row,
        vault_role_name=vault_role_name(row["vault_role"], row["vault_role_name"]),
        expired=row["expires_at"] <= at,
    )
