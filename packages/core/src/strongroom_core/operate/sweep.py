"""Take out what has run its time: sessions, links, devices, counters; and tell what is due for purging."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.kernel.origin import Origin
from strongroom_core.limits.plan import TRASH_LIFETIME
from strongroom_core.operate.requests import new_request_id

if TYPE_CHECKING:
    from strongroom_core.core import Core

_EXPIRED = (
    "delete from session where expires_at <= $1",
    "delete from account_token where expires_at <= $1",
    "delete from device where expires_at <= $1",
    "delete from rate_count where expires_at <= $1",
)


@dataclass(frozen=True, slots=True)
class Due:
    """A trashed object whose 30 days are over."""

    vault: VaultId
    kind: ObjectKind
    id: str


def worker(name: str, vault: VaultId) -> System:
    """Return the caller of one job's act."""
    return System(name, vault, Origin("local", new_request_id()))


async def sweep(core: Core) -> None:
    """Delete expired rows of the installation. Idempotent."""
    async with gate.perform(core, worker("sweep", INSTALLATION), Action.INSTALLATION_SWEEP) as act:
        for sql in _EXPIRED:
            await act.connection.execute(sql, act.at)


async def due_purges(core: Core, *, most: int = 100) -> list[Due]:
    """Return what has lain in the trash for 30 days, of all vaults."""
    cutoff = core.clock.now() - TRASH_LIFETIME
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select * from due_purges($1, $2)", cutoff, most)
    return [Due(VaultId(row["vault"]), ObjectKind(row["kind"]), row["id"]) for row in rows]
