"""A person's vaults: listing, creating and switching (A-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.vaults import VAULT_CREATE, VAULT_ENTER, VAULTS_VIEW
from strongroom_core.accounts.entering import SESSION_TOKEN
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token
from strongroom_core.kernel.errors import Conflict, NotAuthenticated, NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.vaults.views import Entered, OwnVault

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human

MOST_OWNED = 20
"""How many vaults one person can own."""


async def list_own_vaults(core: Core, caller: Human) -> list[OwnVault]:
    """Return the caller's vaults, in the order in which the caller joined them. Deleted ones come last."""
    async with gate.perform(core, caller, VAULTS_VIEW) as act:
        return await _own(act.connection, caller, act.at)


async def create_vault(core: Core, caller: Human, *, name: str) -> OwnVault:
    """Create another personal vault for the caller. Raises `Invalid`, and `Conflict` above 20."""
    require_name(name, field="name", most=NAME_LENGTH)
    async with gate.perform(core, caller, VAULT_CREATE) as act:
        # The account's row is locked, so that the number is exact.
        await act.connection.execute(
            "select from account where id = $1 for no key update", caller.account
        )
        own = await _own(act.connection, caller, act.at)
        if sum(each.role == "owner" for each in own) >= MOST_OWNED:
            raise Conflict(
                f"you can own at most {MOST_OWNED} vaults; a deleted one counts until it is permanently"
                " deleted after 30 days"
            )
        vault = VaultId(new_id("vault"))
        await act.connection.execute(
            "select found_vault($1, 'personal', $2, $3, $4, $5)",
            vault,
            name,
            new_id("mem"),
            caller.account,
            act.at,
        )
        act.concerns(ObjectKind.VAULT, vault, name)
        act.told.append(vault)
        return _among(await _own(act.connection, caller, act.at), vault)


async def enter_vault(core: Core, caller: Human, vault: str) -> Entered:
    """Switch to another vault. The session gets a new token, and the old one no longer works.

    Raises `NotFound` for a vault in which the caller isn't an active member.
    """
    token, hashed = mint_token(SESSION_TOKEN)
    async with gate.perform(core, caller, VAULT_ENTER) as act:
        entered = _among(await _own(act.connection, caller, act.at), vault)
        moved = await act.connection.fetchval(
            "update session set acting_vault = $2, token_hash = $3 where id = $1 returning true",
            caller.session,
            entered.id,
            hashed,
        )
        if moved is None:
            raise NotAuthenticated("session expired; sign in again")
        act.concerns(ObjectKind.VAULT, entered.id, entered.name)
        act.record(left=caller.vault)
    now_current = msgspec.structs.replace(entered, current=True)
    return Entered(now_current, caller.expires_at, token)


async def _own(connection: Connection, caller: Human, at: datetime) -> list[OwnVault]:
    rows = await connection.fetch("select * from memberships_of($1, $2)", caller.account, at)
    return [OwnVault.of_row(row, current=row["id"] == caller.vault) for row in rows]


def _among(own: list[OwnVault], vault: str) -> OwnVault:
    found = next((each for each in own if each.id == vault), None)
    if found is None:
        raise NotFound("vault")
    return found
