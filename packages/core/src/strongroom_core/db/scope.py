"""Sets a transaction's scope and role (tenant isolation, least privilege). Nothing else sets either."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.ids import VaultId


class Role(StrEnum):
    """The database roles of transactions. The roles that serve requests don't own any tables."""

    APP = "strongroom_app"
    """The role for machines, users and the worker."""

    BLIND = "strongroom_blind"
    """The role for agents and the dashboard, which can't read ciphertext."""

    OWNER = "strongroom_owner"
    """The role that owns the tables. Only `init` and `migrate` use it, while they run."""


_ENTER = "select set_config('role', $1, true), set_config('strongroom.vault', $2, true)"
_ENTER_WITH_PLANS = f"{_ENTER}, set_config('plan_cache_mode', 'force_generic_plan', true)"


async def enter(
    connection: Connection, role: Role, vault: VaultId | None, *, keep_plans: bool = False
) -> None:
    """Set the role and the vault until the transaction ends. Both are transaction-local.

    With `keep_plans`, the transaction's statements use their prepared plans for all arguments. Without it,
    PostgreSQL may plan each execution again.
    """
    sql = _ENTER_WITH_PLANS if keep_plans else _ENTER
    await connection.execute(sql, role.value, vault or "")
