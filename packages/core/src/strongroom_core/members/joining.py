"""Shows an invitation to the person who was invited, and accepts or declines it (O-4).

An invitation belongs to an address. Only a signed-in account with that address can answer it. Anyone can
give their account any address on a server that sends no email, so an account whose address was not confirmed
by email needs the invitation's link, too. Otherwise, the link only shows the invitation, and lets the address
sign up. The act happens in the vault of the invitation, where it is logged.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.members import (
    INVITATION_ACCEPT,
    INVITATION_DECLINE,
    INVITATION_OPEN,
    OWN_INVITATIONS_VIEW,
)
from strongroom_core.access.counters import require_few
from strongroom_core.access.roles import NOBODY
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import is_token, token_hash
from strongroom_core.kernel.errors import Conflict, NotFound, Refused
from strongroom_core.kernel.ids import VaultId
from strongroom_core.mail.link import TOKEN, unusable_link
from strongroom_core.members.invite import require_assignable
from strongroom_core.members.locked import current_authority
from strongroom_core.members.stored_roles import describe_access, vault_role_name
from strongroom_core.members.views import Joined, OpenedInvitation, OwnInvitation
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, Visitor

ANSWERS, ANSWERS_WINDOW = 10, timedelta(minutes=15)
"""How many answers an account can give whose address wasn't confirmed by email."""

_OWN = """
select id, vault_name, vault_role, vault_role_name, access_role_name, inviter, expires_at,
       not confirmed as needs_link
from invitations_of($1, $2)
"""

_ITS_VAULT = "select vault, confirmed from invitations_of($1, $2) where id = $3"

_OPEN = """
select id, vault_name, vault_role, vault_role_name, inviter, address, expires_at
from invitation_by_hash($1, $2)
"""

_LOCK = "select name, shape from vault where id = $1 for no key update"

_TAKE = """
delete from invitation where id = $1 and expires_at > $2
returning vault_role, access_role, invited_by, ends_at, token_hash
"""

_END = "delete from invitation where id = $1 returning token_hash"

# A membership that has ended can begin again; a suspended one can't.
_JOIN = """
insert into member (vault, id, account, vault_role, custom_role, access_role, status, joined_at, ends_at)
values ($1, $2, $3, $4, $5, $6, 'active', $7, $8)
on conflict (vault, account) do update set
    id = excluded.id, vault_role = excluded.vault_role,
    custom_role = excluded.custom_role, access_role = excluded.access_role,
    joined_at = excluded.joined_at, ends_at = excluded.ends_at, revision = member.revision + 1
where member.status = 'active' and member.ends_at <= excluded.joined_at
returning id
"""


async def list_own_invitations(core: Core, caller: Human) -> list[OwnInvitation]:
    """Return the invitations of the caller's own address, oldest first."""
    async with gate.perform(core, caller, OWN_INVITATIONS_VIEW) as act:
        rows = await act.connection.fetch(_OWN, caller.account, act.at)
    return [
        OwnInvitation.of_row(
            row,
            without=("vault_role",),
            vault_role_name=vault_role_name(row["vault_role"], row["vault_role_name"]),
        )
        for row in rows
    ]


async def open_invitation(core: Core, caller: Visitor, token: str) -> OpenedInvitation:
    """Return what an invitation's link is about. It grants nothing. Raises `Refused` for every cause."""
    async with gate.perform(core, caller, INVITATION_OPEN) as act:
        hashed = token_hash(token if is_token(token, TOKEN) else "")
        row = await act.connection.fetchrow(_OPEN, hashed, act.at)
        if row is None:
            raise unusable_link()
    return OpenedInvitation.of_row(
        row,
        without=("vault_role",),
        vault_role_name=vault_role_name(row["vault_role"], row["vault_role_name"]),
    )


async def accept_invitation(
    core: Core, caller: Human, invitation: str, token: str | None = None
) -> Joined:
    """Join the vault that invited the caller's address.

    `token` is the link's, which an account needs whose address was not confirmed by email. Raises `NotFound`
    for any other invitation, `Conflict` for someone who is a member already, and `Refused` without the needed
    link, or if the invitation's author could no longer assign its roles. Such an account gets `TooMany` for
    the eleventh answer in 15 minutes.
    """
    joining, confirmed = await _in_its_vault(core, caller, invitation)
    async with gate.perform(core, joining or caller, INVITATION_ACCEPT, invitation) as act:
        if joining is None:
            raise NotFound("invitation")
        vault = await act.connection.fetchrow(_LOCK, act.vault)
        row = await act.connection.fetchrow(_TAKE, invitation, act.at)
        if vault is None or row is None or vault["shape"] != "organization":
            raise NotFound("invitation")
        if not confirmed:
            _require_link(row["token_hash"], token)
        author = await current_authority(act.connection, act.vault, row["invited_by"], act.at)
        if author is None:
            raise _outdated()
        try:
            role, access = await require_assignable(
                act.connection, author, row["vault_role"], row["access_role"]
            )
        except (Refused, NotFound):
            raise _outdated() from None
        if row["ends_at"] is not None and row["ends_at"] <= act.at:
            raise Conflict(
                "the membership in this invitation has already ended; ask for a new invitation"
            )
        member = await act.connection.fetchval(
            _JOIN,
            act.vault,
            new_id("mem"),
            caller.account,
            role.id,
            role.custom,
            access.id if access else None,
            act.at,
            row["ends_at"],
        )
        if member is None:
            raise Conflict("you are already a member of this vault")
        act.record(
            member=member,
            vault_role=role.name,
            access_role=access.name if access else None,
            given=[*sorted(role.capabilities), *describe_access(access.access if access else None)],
        )
        return Joined(vault_id=act.vault, vault_name=vault["name"])


async def decline_invitation(
    core: Core, caller: Human, invitation: str, token: str | None = None
) -> None:
    """Decline an invitation, which ends it. Needs the same link as `accept_invitation`.

    Raises `NotFound` for an invitation of another address, and `Refused` without the needed link.
    """
    joining, confirmed = await _in_its_vault(core, caller, invitation)
    async with gate.perform(core, joining or caller, INVITATION_DECLINE, invitation) as act:
        if joining is None:
            raise NotFound("invitation")
        hashed = await act.connection.fetchval(_END, invitation)
        if not confirmed:
            _require_link(hashed, token)


async def _in_its_vault(core: Core, caller: Human, invitation: str) -> tuple[Human | None, bool]:
    """Return the caller as someone without rights in the invitation's vault, or None if it isn't theirs.

    Also return whether their address was confirmed by email. If not, answers are limited: `TooMany`.
    """
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(_ITS_VAULT, caller.account, core.clock.now(), invitation)
    if row is None:
        return None, False
    if not row["confirmed"]:
        # Each answer without the link is logged in a vault to which the person doesn't belong.
        await require_few(core, f"answer:{caller.account}", ANSWERS, ANSWERS_WINDOW)
    return replace(caller, vault=VaultId(row["vault"]), authority=NOBODY), row["confirmed"]


def _require_link(hashed: bytes | None, token: str | None) -> None:
    """Raise `Refused` unless this is the token of the invitation's newest link."""
    if hashed is None or token is None or token_hash(token) != hashed:
        raise Refused(
            Code.ACCOUNT_LINK,
            "your email address wasn't confirmed by email, so answer this invitation with its link; ask the"
            " person who invited you for it",
        )


def _outdated() -> Refused:
    return Refused(
        Code.NO_CAPABILITY,
        "the person who invited you can no longer give this role; ask them for a new invitation",
    )
