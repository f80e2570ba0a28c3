"""Permanently deletes secrets whose time to live has expired. Reads don't depend on when this runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.secrets import SECRET_DESTROY
from strongroom_core.access.clock_check import check_clock
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import SecretId, VaultId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import System

_LOCK = "select from policy_use where secret = $1 for update"

_DUE = """
select s.id, s.name, s.project, p.id as policy, p.name as policy_name
from secret s join policy p on p.vault = s.vault and p.id = s.policy
where s.id = $1 and p.mode = 'enforced' and (p.conditions->>'ttlEnabled')::boolean
  and (p.conditions->>'ttlExpiresAt')::timestamptz <= $2
for update of s for share of p
"""

# The secret is locked first, as by everything else that changes it.
_DESTROY = (
    "select from secret where id = any($1::varchar[]) order by id for update",
    "delete from rotation where secret = any($1::varchar[])",
    "delete from policy_use where secret = any($1::varchar[])",
    "delete from secret_grant where secret = any($1::varchar[])",
    "delete from secret_version where secret = any($1::varchar[])",
    "delete from secret_material where secret = any($1::varchar[])",
    "delete from secret where id = any($1::varchar[])",
)


async def due_secrets(core: Core, *, most: int = 100) -> list[tuple[VaultId, SecretId]]:
    """Return all vaults' secrets whose time to live has expired, or none while the clock is in doubt."""
    check = await check_clock(core)
    if not check.is_right:
        return []
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select * from due_time_to_live($1, $2)", check.now, most)
    return [(VaultId(row["vault"]), SecretId(row["id"])) for row in rows]


async def destroy_secret(core: Core, caller: System, secret: SecretId) -> None:
    """Permanently delete a secret whose time to live has expired. Raises `NotFound` for any other secret."""
    async with gate.perform(core, caller, SECRET_DESTROY) as act:
        # Reads also lock this row first.
        await act.connection.fetch(_LOCK, secret)
        row = await act.connection.fetchrow(_DUE, secret, act.at)
        if row is None:
            raise NotFound("secret")
        await erase_secrets(act.connection, [secret])
        act.concerns(ObjectKind.SECRET, row["id"], row["name"], row["project"])
        act.record(policy=row["policy"], policy_name=row["policy_name"])


async def erase_secrets(connection: Connection, secrets: Sequence[str]) -> None:
    """Delete secrets with all versions, values and grants. This can't be undone."""
    for sql in _DESTROY:
        await connection.execute(sql, secrets)
