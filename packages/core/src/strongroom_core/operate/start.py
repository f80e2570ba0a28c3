"""Open what a process needs, and measure the time. The server is sealed until a root proves itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from functools import partial
from typing import TYPE_CHECKING

from strongroom_core.core import Core
from strongroom_core.crypto.argon2_queue import Argon2Queue
from strongroom_core.crypto.password import PasswordHasher
from strongroom_core.db.engine import Database
from strongroom_core.db.scope import Role
from strongroom_core.kernel.batches import Batches
from strongroom_core.kernel.clock import DatabaseClock
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.operate.blind import blind_core
from strongroom_core.operate.migrate import require_current
from strongroom_core.schema.tables import TABLES
from strongroom_core.secrets.read import Outcome, Request, read_batch

if TYPE_CHECKING:
    from strongroom_core.settings import Settings


ObserveBatch = Callable[[int, float], None]
"""Is told of every batch of machines' reads: how many requests it had, and how many seconds it took."""


def _look_away(_requests: int, _seconds: float) -> None:
    pass


async def open_core(
    settings: Settings, *, role: Role = Role.APP, observe: ObserveBatch = _look_away
) -> Core:
    """Connect to an initialised database and return a sealed core.

    Raises `Unavailable` without a database, and `NotInitialised` before `migrate` and `init`.
    """
    if settings.database_url is None:
        raise NotInitialised("no database is named: set DATABASE_URL, or start an embedded one")
    database = await Database.open(
        settings.database_url, TABLES, role=role, connections=settings.database_connections
    )
    try:
        async with database.transaction(INSTALLATION) as connection:
            await require_current(connection)
            row = await connection.fetchrow(
                "select id, incarnation, clock_timestamp() as now from deployment"
            )
    except BaseException:
        await database.close()
        raise
    if row is None:
        await database.close()
        raise NotInitialised("this database is empty: run `strongroom-server init`")
    core = Core(
        database=database,
        clock=DatabaseClock(row["now"]),
        settings=settings,
        passwords=PasswordHasher(Argon2Queue()),
        deployment=row["id"],
        incarnation=row["incarnation"],
    )
    # At most half the connections at once, so that reading machines leave room for people.
    share = max(1, settings.database_connections // 2)
    core.reads = Batches(partial(_read_batch, core, observe), at_once=share)
    return core


async def open_blind_core(settings: Settings) -> Core:
    """Connect as *blind* from the first statement, so that a log-in that is nothing else suffices.

    Raises as `open_core` does.
    """
    return blind_core(await open_core(settings, role=Role.BLIND))


async def _read_batch(
    core: Core, observe: ObserveBatch, vault: Hashable, requests: list[Request]
) -> list[Outcome]:
    started = time.perf_counter()
    try:
        return await read_batch(core, VaultId(str(vault)), requests)
    finally:
        observe(len(requests), time.perf_counter() - started)


async def measure_clock(core: Core) -> None:
    """Set the core's clock by the database's. To be called every 10 seconds."""
    async with core.database.transaction(None) as connection:
        now = await connection.fetchval("select clock_timestamp()")
    if isinstance(core.clock, DatabaseClock):
        core.clock.set(now)
