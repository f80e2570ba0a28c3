"""How much of its plan a vault uses (Q-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import NotFound
from strongroom_core.limits.caps import NAMES, Cap, Limits
from strongroom_core.limits.quota import USED, used_of
from strongroom_core.limits.views import Usage

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.ids import VaultId

NEARLY = 0.8
"""The fraction of a cap from which a warning is shown."""


async def limits_row(connection: Connection, vault: VaultId) -> Row:
    """Return a vault's plan: its ID and name, its limits, and when it was lowered."""
    row = await connection.fetchrow("select * from limits_of($1)", vault)
    if row is None:
        raise NotFound("plan")
    return row


def limits_in(row: Mapping[str, Any]) -> Limits:
    """Return the limits in a row of a plan."""
    return Limits(**{name: row[name] for name in NAMES})


async def usage_of(connection: Connection, limits: Limits, at: datetime) -> list[Usage]:
    """Return how much of each cap the vault in scope uses, for the caps whose objects can be counted."""
    found: list[Usage] = []
    for cap in USED:
        used = await used_of(connection, cap, at)
        found.append(usage_in(cap, used, getattr(limits, cap.value)))
    return found


def usage_in(cap: Cap, used: int, most: int | None) -> Usage:
    """Return one cap's usage."""
    nearly = bool(most) and used >= NEARLY * most
    return Usage(cap=cap.value, used=used, most=most, nearly=nearly)
