"""A real PostgreSQL per test process, a new database per test, and a search for leaks at the end."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest

from strongroom_core.access.clock_check import check_clock
from strongroom_core.core import Core
from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.markers import Markers, search
from strongroom_testkit.people import Person, make_operator, make_person
from strongroom_testkit.world import World

CHEAP = PasswordCost(memory=64, passes=1)
"""At the real cost of Argon2id, the tests that sign in would take an hour; one test uses that cost."""

MEMORY, ROOM = Path("/dev/shm"), 8 << 30
"""A file system in memory, and the bytes that must be free there to use it.

A new database has 585 files. On ext4, PostgreSQL 18 takes 100 to 330 ms to copy them, in memory 35 ms.
"""

PURE_FOLDERS = frozenset({"api", "cli", "client", "core", "dashboard", "matrix", "wire", "worker"})


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that needs no database and starts no program as `pure`."""
    for item in items:
        root, *folders = item.path.parent.relative_to(item.config.rootpath).parts
        ours = root == "tests" and PURE_FOLDERS.issuperset(folders[:1])
        if ours and not _starts_programs(item) and item.get_closest_marker("prove") is None:
            item.add_marker("pure")


def _starts_programs(item: pytest.Item) -> bool:
    needed: list[str] = getattr(item, "fixturenames", [])
    return "cluster" in needed or item.get_closest_marker("programs") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Enforce the mark while a pure test's fixtures are set up."""
    with _pure(item):
        yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Enforce the mark while the test runs."""
    with _pure(item):
        yield


@contextmanager
def _pure(item: pytest.Item) -> Generator[None]:
    """Fail if a pure test starts a program. Other tests can start programs."""
    if item.get_closest_marker("pure") is None:
        yield
        return
    if _starts_programs(item):
        pytest.fail("marked `pure`, but it needs a database or starts programs", pytrace=False)

    def refuse(*command: Any, **_options: Any) -> None:
        raise RuntimeError(f"a `pure` test starts a program, so mark it `programs`: {command[1:]}")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subprocess.Popen, "__init__", refuse)
        yield


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one test process leaves behind, which is searched at the end."""

    folder: Path
    data: Path
    markers: Markers

    @property
    def dump(self) -> Path:
        """The folder where the rows of every test's database are collected."""
        return self.folder / "rows.dump"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The secrets of this run. At the end, nothing that was stored or logged may contain one (E-5)."""
    with _data_folder() as data:
        run = Run(tmp_path_factory.mktemp("run"), data, Markers())
        yield run
        hits = search([run.folder, run.data], run.markers.noted)

    assert not hits, "\n".join(hits)


@contextmanager
def _data_folder() -> Generator[Path]:
    """Create a folder for the databases, in memory if there is room; delete the folders of killed runs."""
    prefix = "strongroom-test"
    for old in MEMORY.glob(f"{prefix}-*"):
        pid = old.name.split("-")[2]
        if pid.isdigit() and not Path("/proc", pid).exists():
            shutil.rmtree(old, ignore_errors=True)
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    prefix = f"{prefix}-{os.getpid()}-"
    with TemporaryDirectory(prefix=prefix, dir=MEMORY if in_memory else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
async def cluster(run: Run) -> AsyncIterator[Cluster]:
    """This test process's PostgreSQL."""
    chosen = os.environ.get("STRONGROOM_PG_BIN")
    cluster = await Cluster.start(
        run.data / "postgres", binaries=Path(chosen) if chosen is not None else None
    )
    run.markers.note(cluster.initialised.setup_token)
    for password in cluster.passwords.values():
        run.markers.note(password)
    yield cluster
    await cluster.stop()


@pytest.fixture
async def database(cluster: Cluster, run: Run) -> AsyncIterator[str]:
    """The name of a new, initialized database. Its rows go into the dump that is searched."""
    name = await cluster.fresh_database()
    yield name
    await _gather(cluster.administrator_url(name), run.dump)
    await cluster.drop_database(name)


@pytest.fixture
def settings(cluster: Cluster, database: str) -> Settings:
    """Settings for the new database."""
    return Settings(
        database_url=cluster.url(database),
        owner_database_url=cluster.url(database, "strongroom_owner"),
        jobs_database_url=cluster.url(database, "strongroom_jobs"),
    )


@pytest.fixture
async def sealed_core(settings: Settings) -> AsyncIterator[Core]:
    """A core that is still sealed, with cheap password hashing."""
    core = await open_core(settings)
    core.passwords = PasswordHasher(cost=CHEAP)
    yield core
    await core.database.close()


@pytest.fixture
async def core(sealed_core: Core, cluster: Cluster) -> Core:
    """An unsealed core on a new database."""
    await unseal(sealed_core, cluster.root)
    return sealed_core


@pytest.fixture
def markers(run: Run) -> Markers:
    """The source of secret values in tests."""
    return run.markers


@pytest.fixture
async def owner(core: Core, cluster: Cluster, markers: Markers) -> Person:
    """The administrator, with a vault."""
    return await make_operator(core, cluster.initialised.setup_token, markers)


@pytest.fixture
async def other_owner(core: Core, owner: Person, markers: Markers) -> Person:
    """Another person, with their own vault."""
    return await make_person(core, "grace", markers)


@pytest.fixture
def world(core: Core, owner: Person, markers: Markers) -> World:
    """The administrator's vault."""
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
            # Most tables of most tests never had a row.
            " and pg_relation_size(format('%I.%I', schemaname, tablename)::regclass) > 0"
        )
        with dump.open("ab") as file:
            for table in tables:
                await connection.copy_from_query(f"select * from {table['name']}", output=file)
    finally:
        await connection.close()


@pytest.fixture
async def administrator(cluster: Cluster, database: str) -> AsyncIterator[OpenConnection]:
    """A superuser's connection to the new database, which bypasses row-level security."""
    connection = await connect(cluster.administrator_url(database))
    yield connection
    await connection.close()


@pytest.fixture
async def clock(core: Core) -> MovableClock:
    """The core's clock, stopped one second later, so that everything so far is in the past.

    `check_clock` has run once, as in a worker every minute, so the clock can be moved forward by any amount.
    """
    stopped = MovableClock(core.clock.now() + timedelta(seconds=1))
    core.clock = stopped
    await check_clock(core)
    return stopped
