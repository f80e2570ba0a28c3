"""A vault's settings, and its conversion to an organization (V-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.vaults import VAULT_CONVERT, VAULT_UPDATE, VAULT_VIEW
from strongroom_core.access.visible import project_exists, secret_exists
from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.kernel.trash import TRASH_LIFETIME
from strongroom_core.vaults.views import VaultView, WouldStop

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human

_VAULT = """
select id, name, shape, created_at, second_factor_required, deleted_at, revision from vault where id = $1
"""

_WOULD_STOP = """
select (select count(*) from machine where approved_at is not null and enabled and {machines}) as machines,
       (select count(*) from project p where p.trashed_at is null and {project}) as projects,
       (select count(*) from secret s join project p on p.vault = s.vault and p.id = s.project
        where s.trashed_at is null and p.trashed_at is null and {secret}) as secrets
"""


async def read_vault(core: Core, caller: Human, vault: str) -> VaultView:
    """Return the settings of the vault in which the caller acts. Raises `NotFound` for any other."""
    async with gate.perform(core, caller, VAULT_VIEW, vault) as act:
        return await vault_in(act.connection, vault)


async def read_what_stops(core: Core, caller: Human, vault: str) -> WouldStop:
    """Return how much stops immediately when the vault is deleted, as far as the caller can see it.

    A user who can delete the vault gets the numbers for the whole vault.
    """
    conditions = Conditions()
    whole = VaultCapability.VAULT_DELETE in caller.authority.vault
    machines = whole or VaultCapability.MACHINES_VIEW in caller.authority.vault
    sql = _WOULD_STOP.format(
        machines=str(machines).lower(),
        project="true" if whole else project_exists(conditions, caller),
        secret="true" if whole else secret_exists(conditions, caller),
    )
    async with gate.perform(core, caller, VAULT_VIEW, vault) as act:
        row = await act.connection.fetchrow(sql, *conditions.arguments)
    if row is None:
        raise NotFound("vault")
    return WouldStop.of_row(row)


async def update_vault(
    core: Core, caller: Human, vault: str, *, name: str, if_match: int | None = None
) -> VaultView:
    """Rename a vault."""
    require_name(name, field="name", most=NAME_LENGTH)
    async with gate.perform(core, caller, VAULT_UPDATE, vault) as act:
        act.require_revision(if_match)
        await act.connection.execute(
            "update vault set name = $2, revision = revision + 1 where id = $1", vault, name
        )
        act.record(renamed_from=act.target.name, renamed_to=name)
        return await vault_in(act.connection, vault)


async def convert_vault(core: Core, caller: Human, vault: str, *, name: str) -> VaultView:
    """Turn a personal vault into an organization. IDs, keys, secrets and machines stay the same.

    This can't be undone.
    Raises `Conflict` for a vault that is already an organization.
    """
    require_name(name, field="name", most=NAME_LENGTH)
    async with gate.perform(core, caller, VAULT_CONVERT, vault) as act:
        converted = await act.connection.fetchval(
            "update vault set shape = 'organization', name = $2, revision = revision + 1"
            " where id = $1 and shape = 'personal' returning true",
            vault,
            name,
        )
        if not converted:
            raise Conflict("this vault is already an organization")
        act.record(renamed_from=act.target.name, renamed_to=name)
        return await vault_in(act.connection, vault)


async def vault_in(connection: Connection, vault: str) -> VaultView:
    """Return a vault's settings."""
    row = await connection.fetchrow(_VAULT, vault)
    if row is None:
        raise NotFound("vault")
    deleted = row["deleted_at"]
    return VaultView.of_row(row, purge_at=deleted + TRASH_LIFETIME if deleted else None)
