"""Opens a process's core and sets its clock. The server stays sealed until a root key has been verified."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from strongroom_core.core import Core, share_lists
from strongroom_core.crypto.argon2_queue import Argon2Queue
from strongroom_core.crypto.password import PasswordHasher
from strongroom_core.db.engine import Database
from strongroom_core.db.scope import Role
from strongroom_core.install.migrate import require_current
from strongroom_core.install.restored import require_own_cluster
from strongroom_core.kernel.batches import Batches, ObserveBatch, ignore_batch
from strongroom_core.kernel.clock import DatabaseClock
from strongroom_core.kernel.country import Countries, CountryFileUnusable
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.outbound.sender import Sender

if TYPE_CHECKING:
    from strongroom_core.settings import Settings


_log = structlog.get_logger()


async def open_core(
    settings: Settings,
    *,
    role: Role = Role.APP,
    observe: ObserveBatch = ignore_batch,
    restoring: bool = False,
) -> Core:
    """Connect to an initialized database and return a sealed core.

    `restoring` allows a database from another cluster, for the command `restored`. Raises `Unavailable`
    without a database, `NotInitialised` before `migrate` and `init`, and otherwise `SchemaTooNew` or
    `FromAnotherCluster`.
    """
    if settings.database_url is None:
        raise NotInitialised("no database; set DATABASE_URL, or start an embedded one")
    database = await Database.open(
        settings.database_url, role=role, connections=settings.database_connections
    )
    try:
        async with database.transaction(INSTALLATION) as connection:
            await require_current(connection)
            row = await connection.fetchrow(
                "select id, incarnation, clock_timestamp() as now from deployment"
            )
            if row is not None and not restoring:
                await require_own_cluster(connection)
    except BaseException:
        await database.close()
        raise
    if row is None:
        await database.close()
        raise NotInitialised("this database is empty; run `strongroom-server init`")
    # Machine reads use at most half of the connections, so that capacity remains for users.
    share = max(1, settings.database_connections // 2)
    core = Core(
        database=database,
        clock=DatabaseClock(row["now"]),
        settings=settings,
        passwords=PasswordHasher(Argon2Queue()),
        deployment=row["id"],
        incarnation=row["incarnation"],
        reads=Batches(at_once=share, observe=observe),
        lists=share_lists(settings.database_connections),
        countries=Countries(settings.country_file),
        sender=Sender(
            settings.outbound_hosts,
            ca_file=settings.outbound_ca_file,
            own_hosts=filter(None, [urlsplit(settings.public_url).hostname]),
        ),
    )
    await refresh_countries(core)
    return core


def blind_core(core: Core) -> Core:
    """Return a core that shares the pool and clock but has no keyring and acts as *blind*.

    It counts as unsealed, because nothing that it can do needs a root key (least privilege).
    """
    return replace(
        core,
        database=core.database.taking_on(Role.BLIND),
        keyring=None,
        sealed=False,
        machines={},
        reads=Batches(at_once=1),
    )


async def open_blind_core(settings: Settings) -> Core:
    """Connect as *blind* from the first statement, so that the login role needs no other role.

    Raises the same errors as `open_core`.
    """
    return blind_core(await open_core(settings, role=Role.BLIND))


async def measure_clock(core: Core) -> None:
    """Set the core's clock from the database's. Call it every 10 seconds."""
    async with core.database.transaction(None) as connection:
        now = await connection.fetchval("select clock_timestamp()")
    if isinstance(core.clock, DatabaseClock):
        core.clock.set(now)


async def refresh_countries(core: Core) -> None:
    """Load the file of countries by address if it has changed. Call it every 10 seconds.

    A file that can't be used is logged once; the previous one stays in use.
    """
    try:
        loaded = await asyncio.to_thread(core.countries.refresh)
    except CountryFileUnusable as unusable:
        _log.warning("country_file_unusable", reason=str(unusable))
        return
    if loaded:
        _log.info("country_file_loaded")
