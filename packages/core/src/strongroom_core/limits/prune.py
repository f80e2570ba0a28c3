"""Deletes whatever a vault's plan no longer keeps: old versions and old audit log events (S-6, L-5).

A new version immediately drops the oldest one (`secrets/versions.py`). There are more versions than a plan
allows only if the previous plan kept more. Those are deleted here, a day later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.plans import AUDIT_PRUNE, VERSIONS_PRUNE
from strongroom_core.access.clock_check import check_clock
from strongroom_core.kernel.ids import VaultId

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import System

GRACE = timedelta(hours=24)
"""How long a vault keeps the data that its new plan doesn't keep."""
PORTION = 500
"""Secrets per transaction, so that no lock is held for long."""
EVENTS = 5000

_KEPT = "select versions, lowered_at from limits_of($1)"

# The rows are locked, because a rollback may be using one of the versions.
_DUE = """
select s.id from secret s
where exists (select from secret_version v where v.secret = s.id and v.number <= s.current_version - $1)
order by s.id limit $2 for no key update
"""

_PRUNE = """
delete from secret_version v using secret s
where s.id = any($2) and v.secret = s.id and v.number <= s.current_version - $1
"""

_MATERIAL = """
delete from secret_material m where m.secret = any($1) and not exists
    (select from secret_version v where v.secret = m.secret and v.material = m.id)
"""

_DONE = "update vault_plan set lowered_at = null where lowered_at <= $1"


async def kept_versions(connection: Connection, vault: VaultId) -> int | None:
    """Return how many versions of a secret the vault keeps now. None means all of them.

    For a day after its plan was lowered, it keeps all of them.
    """
    row = await connection.fetchrow(_KEPT, vault)
    return row["versions"] if row is not None and row["lowered_at"] is None else None


async def lowered_vaults(core: Core, *, most: int = 100) -> list[VaultId]:
    """Return vaults whose plan was lowered a day ago, or none while the clock is in doubt."""
    check = await check_clock(core)
    if not check.is_right:
        return []
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch(
            "select lowered_vaults as vault from lowered_vaults($1, $2)", check.now - GRACE, most
        )
    return [VaultId(row["vault"]) for row in rows]


async def prune_versions(core: Core, caller: System) -> bool:
    """Delete versions of one batch of secrets. Returns True once no secret has more than the plan keeps.

    Idempotent, so it can be repeated after any interruption.
    """
    async with gate.perform(core, caller, VERSIONS_PRUNE) as act:
        row = await act.connection.fetchrow(_KEPT, act.vault)
        kept = row["versions"] if row is not None else None
        secrets: list[str] = []
        if kept is not None:
            secrets = [each["id"] for each in await act.connection.fetch(_DUE, kept, PORTION)]
            pruned = await act.connection.execute(_PRUNE, kept, secrets)
            await act.connection.execute(_MATERIAL, secrets)
            act.record(kept=kept, versions=int(pruned.rpartition(" ")[2]))
        done = len(secrets) < PORTION
        if done:
            await act.connection.execute(_DONE, act.at - GRACE)
        act.record(secrets=len(secrets), finished=done)
        return done


@dataclass(frozen=True, slots=True)
class OldEvents:
    """A vault with events from before `before`, which its plan doesn't keep."""

    vault: VaultId
    before: datetime


async def vaults_with_old_events(core: Core, *, most: int = 100) -> list[OldEvents]:
    """Return vaults with events that are older than they keep, or none while the clock is in doubt."""
    check = await check_clock(core)
    if not check.is_right:
        return []
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch(
            "select * from vaults_to_prune($1, $2, $3)", check.now, check.now - GRACE, most
        )
    return [OldEvents(VaultId(row["vault"]), row["before"]) for row in rows]


async def prune_events(core: Core, caller: System, before: datetime) -> bool:
    """Delete the oldest events from before a time, and log how many. Returns True once none are left."""
    async with gate.perform(core, caller, AUDIT_PRUNE) as act:
        pruned = await act.connection.fetchval(
            "select prune_entries($1, $2, $3)", act.vault, before, EVENTS
        )
        act.record(events=pruned, before=before.isoformat())
        return pruned < EVENTS
