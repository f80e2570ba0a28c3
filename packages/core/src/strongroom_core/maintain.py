"""The worker's background jobs: sweeping expired rows, counting reads and dropping old nonces.

While the clock is in doubt, expired rows aren't deleted (`access/clock_check.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.installation import INSTALLATION_SWEEP
from strongroom_core.access.admission import NONCE_LIFETIME
from strongroom_core.access.callers import system
from strongroom_core.access.clock_check import check_clock
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.trash import TRASH_LIFETIME
from strongroom_core.machines.tidy import KEPT

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core

MARGIN = timedelta(minutes=1)
MAIL_KEPT = timedelta(days=7)

_EXPIRED = (
    "delete from session where expires_at <= $1 or created_at > $1 + interval '1 minute'",
    "delete from account_token where expires_at <= $1",
    "delete from device where expires_at <= $1",
    "delete from rate_count where expires_at <= $1",
    "delete from sign_up where expires_at <= $1",
    "delete from login_request where expires_at <= $1::timestamptz - interval '1 hour'",
    "delete from person_key where least(expires_at, ended_at) <= $1::timestamptz - interval '30 days'",
    "delete from former_address where replaced_at <= $1::timestamptz - interval '30 days'",
)


@dataclass(frozen=True, slots=True)
class Due:
    """An object that has been in the trash for more than 30 days."""

    vault: VaultId
    kind: ObjectKind
    id: str


async def sweep(core: Core) -> None:
    """Delete the installation's expired sessions, links, devices and counters. Idempotent."""
    if not (await check_clock(core)).is_right:
        return
    async with gate.perform(core, system("sweep"), INSTALLATION_SWEEP) as act:
        for sql in _EXPIRED:
            await act.connection.execute(sql, act.at)
        await act.connection.execute("select tidy_links($1)", TRASH_LIFETIME)
        await act.connection.execute("select tidy_mail($1)", act.at - MAIL_KEPT)
        await act.connection.execute("select drop_identity_tokens($1)", act.at)
        before = act.at - TRASH_LIFETIME
        await act.connection.execute("select drop_old_deliveries($1, $2)", before, act.at)


async def send_heartbeat(core: Core) -> None:
    """Request the heartbeat URL, if there is one. A monitor that misses it notices that the server is down.

    The worker calls this, so it also shows that the database accepts jobs. Raises `NotSent`.
    """
    url = core.settings.heartbeat_url
    if url is not None:
        await core.sender.send("GET", url, headers={"User-Agent": "Strongroom-Heartbeat/1.0"})


async def due_purges(core: Core, *, most: int = 100) -> list[Due]:
    """Return objects that have been in any vault's trash for 30 days, or none while the clock is in doubt."""
    check = await check_clock(core)
    if not check.is_right:
        return []
    cutoff = check.now - TRASH_LIFETIME
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select * from due_purges($1, $2)", cutoff, most)
    return [Due(VaultId(row["vault"]), ObjectKind(row["kind"]), row["id"]) for row in rows]


@dataclass(frozen=True, slots=True)
class DueMachine:
    """A machine to clean up: `what` is "delete", "expire", or "destroy" for its key file."""

    vault: VaultId
    what: str
    id: str


async def due_machines(core: Core, *, most: int = 100) -> list[DueMachine]:
    """Return expired machines and key files of all vaults, or none while the clock is in doubt."""
    check = await check_clock(core)
    if not check.is_right:
        return []
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch(
            "select * from due_machines($1, $2, $3)", check.now, KEPT, most
        )
    return [DueMachine(VaultId(row["vault"]), row["kind"], str(row["id"])) for row in rows]


async def tally_reads(core: Core) -> int:
    """Add new reads to the counters of secrets and machines (S-9); return how many.

    The counters are a few seconds behind, so that no read has to update a hot row. The count is exact,
    because each entry of the transactions that ended between two horizons is processed once. Concurrent
    workers take turns. This also records that a worker ran.
    """
    async with core.database.transaction(None) as connection:
        return int(await connection.fetchval("select tally_reads($1)", core.clock.now()) or 0)


async def rejected_until(core: Core) -> datetime | None:
    """Return when machine requests will be accepted again, if that is later than a restore would cause."""
    async with core.database.transaction(None) as connection:
        floor = await connection.fetchval("select nullif(nonce_floor(), '-infinity')")
    return floor if floor is not None and floor > core.clock.now() + NONCE_LIFETIME else None


async def drop_old_nonces(core: Core) -> int:
    """Raise the floor to the latest request whose nonce will be dropped, commit, and then drop the nonces.

    A nonce is kept for twice the skew after its request was signed, so requests signed before the floor were
    already rejected as too old. With the floor in the database, a clock that is set back or stopped can't
    make them acceptable again (replay protection). The floor is never above the latest accepted request.
    Returns how many nonces were dropped, which is 0 while the clock is in doubt.
    """
    check = await check_clock(core)
    if not check.is_right:
        return 0
    over = check.now - MARGIN
    async with core.database.transaction(None) as connection:
        await connection.execute("select raise_nonce_floor($1, $2)", over, NONCE_LIFETIME)
    async with core.database.transaction(None) as connection:
        return int(await connection.fetchval("select drop_nonces($1, $2)", over, NONCE_LIFETIME))
