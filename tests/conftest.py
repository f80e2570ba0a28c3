"""A real PostgreSQL per test process, a fresh database per test, and a search for leaks at the end."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest

from strongroom_core.core import Core
from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.operate.start import open_core
from strongroom_core.operate.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.markers import Markers, search
from strongroom_testkit.people import Person, make_operator, make_person
from strongroom_testkit.world import World

CHEAP = PasswordCost(memory=64, passes=1)
"""Argon2id at the true cost would make a suite of log-ins take an hour; one test uses that cost."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one test process leaves behind, to be searched."""

    folder: Path
    markers: Markers

    @property
    def dump(self) -> Path:
        """Where the rows of every test's database are gathered."""
        return self.folder / "rows.dump"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The secrets of this run; at its end nothing that was stored or logged may hold one (E-5)."""
    run = Run(tmp_path_factory.mktemp("run"), Markers())
    yield run
    hits = search([run.folder], run.markers.noted)

    assert not hits, "\n".join(hits)


@pytest.fixture(scope="session")
async def cluster(run: Run) -> AsyncIterator[Cluster]:
    """The PostgreSQL of this test process."""
    chosen = os.environ.get("STRONGROOM_PG_BIN")
    cluster = await Cluster.start(
        run.folder / "data", binaries=Path(chosen) if chosen is not None else None
    )
    run.markers.note(cluster.initialised.setup_token)
    for password in cluster.passwords.values():
        run.markers.note(password)
    yield cluster
    await cluster.stop()


@pytest.fixture
async def database(cluster: Cluster, run: Run) -> AsyncIterator[str]:
    """The name of a fresh, initialised database. Its rows go into the dump that is searched."""
    name = await cluster.fresh_database()
    yield name
    await _gather(cluster.administrator_url(name), run.dump)
    await cluster.drop_database(name)


@pytest.fixture
def settings(cluster: Cluster, database: str) -> Settings:
    """Settings for the fresh database."""
    return Settings(
        database_url=cluster.url(database),
        owner_database_url=cluster.url(database, "strongroom_owner"),
        jobs_database_url=cluster.url(database, "strongroom_jobs"),
    )


@pytest.fixture
async def sealed_core(settings: Settings) -> AsyncIterator[Core]:
    """A core that waits for its root, with cheap password hashing."""
    core = await open_core(settings)
    core.passwords = PasswordHasher(cost=CHEAP)
    yield core
    await core.database.close()


@pytest.fixture
async def core(sealed_core: Core, cluster: Cluster) -> Core:
    """An unsealed core on a fresh database."""
    await unseal(sealed_core, cluster.root)
    return sealed_core


@pytest.fixture
def markers(run: Run) -> Markers:
    """Where tests get secret values from."""
    return run.markers


@pytest.fixture
async def owner(core: Core, cluster: Cluster, markers: Markers) -> Person:
    """The operator, with a vault."""
    return await make_operator(core, cluster.initialised.setup_token, markers)


@pytest.fixture
async def other_owner(core: Core, owner: Person, markers: Markers) -> Person:
    """Somebody else, with a vault of their own."""
    return await make_person(core, "grace", markers)


@pytest.fixture
def world(core: Core, owner: Person, markers: Markers) -> World:
    """The operator's vault."""
    return World(core, owner, markers)


@pytest.fixture
def other_world(core: Core, other_owner: Person, markers: Markers) -> World:
    """The other person's vault."""
    return World(core, other_owner, markers)


async def _gather(url: str, dump: Path) -> None:
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch(
            "select format('%I.%I', schemaname, tablename) as name from pg_tables"
            " where schemaname in ('public', 'saq')"
        )
        with dump.open("ab") as file:
            for table in tables:
                await connection.copy_from_query(f"select * from {table['name']}", output=file)
    finally:
        await connection.close()


@pytest.fixture
async def administrator(cluster: Cluster, database: str) -> AsyncIterator[OpenConnection]:
    """A connection that no rule of ours binds, into the fresh database."""
    connection = await connect(cluster.administrator_url(database))
    yield connection
    await connection.close()


@pytest.fixture
def clock(core: Core) -> MovableClock:
    """The core's clock, stopped. A second on, so that it is after whatever happened before."""
    stopped = MovableClock(core.clock.now() + timedelta(seconds=1))
    core.clock = stopped
    return stopped
