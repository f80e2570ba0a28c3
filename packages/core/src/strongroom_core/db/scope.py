"""Whose rows a transaction sees, and as which role: the one place that sets either."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.ids import VaultId


class Role(StrEnum):
    """The database roles a transaction can take on. Those that serve requests own no table."""

    APP = "strongroom_app"
    """The machine and human planes and the worker."""

    BLIND = "strongroom_blind"
    """The agent plane and the dashboard: no right to read ciphertext."""

    OWNER = "strongroom_owner"
    """Owns the tables. Only `init` and `migrate` act as it, for as long as they run."""


_ENTER = "select set_config('role', $1, true), set_config('strongroom.vault', $2, true)"


async def enter(connection: Connection, role: Role, vault: VaultId | None) -> None:
    """Take on the role and the vault until the transaction ends. Both are transaction-local."""
    await connection.execute(_ENTER, role.value, vault or "")
