"""Organizations for tests: members who were invited and have joined, with any roles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from strongroom_core.access.callers import new_request_id
from strongroom_core.access.roles import RIGHT_NAMES, authority_of
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.ids import AccountId, SessionId, VaultId
from strongroom_core.kernel.origin import Origin
from strongroom_core.members.access_roles import AccessRoleWish, create_access_role
from strongroom_core.members.invite import invite_member
from strongroom_core.members.joining import accept_invitation
from strongroom_core.vaults.settings import convert_vault
from strongroom_testkit.people import confirm_address, make_account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.members.views import AccessRoleView
    from strongroom_testkit.world import World


async def organize(world: World) -> None:
    """Convert the vault to an organization. It keeps its name."""
    async with world.core.database.transaction(world.person.vault) as connection:
        name = await connection.fetchval("select name from vault")
    await convert_vault(world.core, world.owner, world.person.vault, name=name)


async def access_role(
    world: World,
    name: str,
    *,
    rights: Sequence[str] = RIGHT_NAMES,
    projects: Sequence[str] | None = None,
) -> AccessRoleView:
    """Create an access role for everything or, if given, for these projects."""
    wish = AccessRoleWish(
        name=name, everywhere=projects is None, projects=projects or (), rights=rights
    )
    return await create_access_role(world.core, world.owner, wish)


async def add_member(
    world: World,
    name: str,
    vault_role: str = "developer",
    access: str | None = None,
    *,
    by: Human | None = None,
) -> AccountId:
    """Invite a new account, which joins. Its password isn't usable; `caller_of` returns it as a caller."""
    core = world.core
    guest = await make_guest(core, name)
    sent = await invite_member(
        core,
        by or world.owner,
        address=f"{name}@example.org",
        vault_role=vault_role,
        access_role=access,
    )
    if sent.token is not None:
        world.markers.note(sent.token)
    else:
        await confirm_address(core, guest.account)
    await accept_invitation(core, guest, sent.invitation.id, sent.token)
    return guest.account


async def make_guest(core: Core, name: str) -> Human:
    """Create an account with a personal vault, and return its person as a caller there."""
    account, vault = await make_account(core, name), VaultId(new_id("vault"))
    async with core.database.transaction(vault) as connection:
        await connection.execute(
            "select found_vault($1, 'personal', $2, $3, $4, $5)",
            vault,
            f"{name}'s vault",
            new_id("mem"),
            account,
            core.clock.now(),
        )
    return replace(outsider(core, account, name), vault=vault)


def outsider(core: Core, account: AccountId, name: str) -> Human:
    """Return an account as a caller who acts in no vault that exists."""
    now = core.clock.now()
    return Human(
        account=account,
        username=name,
        session=SessionId(new_id("ses")),
        vault=VaultId(new_id("vault")),
        authority=authority_of('{"role": "collaborator"}'),
        authenticated_at=now,
        expires_at=now + core.settings.session_absolute,
        operator=False,
        origin=Origin("127.0.0.9", new_request_id()),
    )


async def caller_of(world: World, account: AccountId, name: str) -> Human | None:
    """Return a member with the authority of their next request, or None if that would be denied."""
    core, vault = world.core, world.person.vault
    async with core.database.transaction(vault) as connection:
        stored = await connection.fetchval(
            "select roles_of_member($1, $2, $3)", vault, account, core.clock.now()
        )
    if stored is None:
        return None
    return replace(outsider(core, account, name), vault=vault, authority=authority_of(stored))


async def member_id(world: World, account: AccountId) -> str:
    """Return the ID of an account's membership."""
    async with world.core.database.transaction(world.person.vault) as connection:
        return await connection.fetchval("select id from member where account = $1", account)
