"""Deletes a vault, restores it, and permanently deletes it with its keys 30 days later (V-8).

A deleted vault's machines are denied from their next request, its members can only restore it, and its jobs
continue. After 30 days, the worker deletes its rows in batches. The vault's own row and its audit log are
kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.vaults import VAULT_DELETE, VAULT_PURGE, VAULT_RESTORE
from strongroom_core.access.clock_check import check_clock, not_before_last_reading
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.trash import TRASH_LIFETIME
from strongroom_core.schema.tables import TABLES
from strongroom_core.vaults.settings import vault_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.vaults.views import VaultView

PORTION = 2000
"""Rows deleted per table and transaction, so that no lock is held for long."""

KEPT = frozenset(
    {
        "vault",
        "vault_plan",
        "member",
        "vault_role",
        "access_role",
        "audit_entry",
        "request_nonce",
    }
)
"""Tables whose rows aren't deleted with a vault, or not here: nonces expire by themselves, and `end_vault`
ends memberships and deletes roles."""

OF_INSTALLATION = frozenset(
    {
        "account",
        "account_token",
        "clock_doubt",
        "clock_reading",
        "deployment",
        "device",
        "installation_setting",
        "lockout",
        "login_request",
        "person_key",
        "plan",
        "public_key",
        "rate_count",
        "root_key",
        "session",
        "sign_up",
        "system_key",
    }
)
"""Tables that don't contain rows of people's vaults."""

_DELETE = "delete from {0} where ctid = any(array(select ctid from {0} limit $1))"


async def delete_vault(
    core: Core, caller: Human, vault: str, *, confirm_name: str, if_match: int | None = None
) -> VaultView:
    """Delete the vault in which the caller acts. It can be restored for 30 days.

    `confirm_name` is the vault's name, typed by the user. Raises `Invalid` if it differs.
    """
    async with gate.perform(core, caller, VAULT_DELETE, vault) as act:
        act.require_revision(if_match)
        if confirm_name != act.target.name:
            raise Invalid("enter the vault's exact name to delete it", field="confirmName")
        at = await not_before_last_reading(act.connection, act.at)
        deleted = await act.connection.fetchval(
            "update vault set deleted_at = $2, deleted_by = $3, revision = revision + 1"
            " where id = $1 and deleted_at is null returning true",
            vault,
            at,
            act.actor[2],
        )
        if not deleted:
            raise Conflict("this vault has already been deleted")
        machines = await act.connection.fetchval(
            "select count(*) from machine where approved_at is not null and enabled"
        )
        act.record(machines=machines)
        return await vault_in(act.connection, vault)


async def restore_vault(core: Core, caller: Human, vault: str) -> VaultView:
    """Restore a deleted vault. Its machines can authenticate again. Raises `Conflict` if it isn't deleted."""
    async with gate.perform(core, caller, VAULT_RESTORE, vault) as act:
        restored = await act.connection.fetchval(
            "update vault set deleted_at = null, deleted_by = null, revision = revision + 1"
            " where id = $1 and deleted_at is not null and purged_at is null and deleted_at > $2"
            " returning true",
            vault,
            act.at - TRASH_LIFETIME,
        )
        if not restored:
            raise Conflict("this vault isn't deleted, or its 30 days are over")
        return await vault_in(act.connection, vault)


async def due_vaults(core: Core, *, most: int = 10) -> list[VaultId]:
    """Return vaults that were deleted 30 days ago, or none while the clock is in doubt."""
    check = await check_clock(core)
    if not check.is_right:
        return []
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch(
            "select v as id from due_vaults($1, $2) v", check.now - TRASH_LIFETIME, most
        )
    return [VaultId(row["id"]) for row in rows]


async def purge_vault(core: Core, caller: System) -> bool:
    """Permanently delete a batch of a deleted vault's rows, and finally its keys. Returns True once done.

    Idempotent, so it can be repeated after any interruption. Raises `NotFound` for a vault that isn't due. A
    person who would be left without a vault gets an empty one.
    """
    async with gate.perform(core, caller, VAULT_PURGE) as act:
        due = await act.connection.fetchval(
            "select true from vault where id = $1 and deleted_at < $2 and purged_at is null for update",
            act.vault,
            act.at - TRASH_LIFETIME,
        )
        if not due:
            raise NotFound("vault")
        deleted = 0
        for table in reversed(TABLES):
            name = table._meta.tablename  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- as in Piccolo's documentation
            if name in KEPT | OF_INSTALLATION:
                continue
            told = await act.connection.execute(_DELETE.format(name), PORTION)
            number = int(told.rpartition(" ")[2])
            deleted += number
            if number == PORTION:
                act.record(rows=deleted, finished=False)
                return False
        left = await act.connection.fetch(
            "select a as account from end_vault($1, $2) a", act.vault, act.at
        )
        for row in left:
            await act.connection.execute(
                "select found_vault($1, 'personal', 'New vault', $2, $3, $4)",
                new_id("vault"),
                new_id("mem"),
                row["account"],
                act.at,
            )
        act.record(rows=deleted, finished=True)
        return True
