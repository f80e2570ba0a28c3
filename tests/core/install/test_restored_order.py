"""After any kind of restore, the order of events, the counts and the nonces are right (L-3, R-3, S-9)."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from strongroom_core.access.callers import system
from strongroom_core.audit.follow import BEGINNING, find_changes, latest, list_committed
from strongroom_core.audit.list import list_entries
from strongroom_core.audit.read import read_entry
from strongroom_core.core import Core
from strongroom_core.db.connection import connect
from strongroom_core.doctor.examine import examine
from strongroom_core.install.administer import DATABASE, make_database
from strongroom_core.install.restored import FromAnotherCluster, mark_restored
from strongroom_core.kernel.caller import Machine
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_core.kernel.page import PageRequest
from strongroom_core.maintain import tally_reads
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.secrets.views import SecretView
from strongroom_core.settings import Settings
from strongroom_server.embedded.postgres import EmbeddedPostgres
from strongroom_server.embedded.programs import environment
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.people import Person, make_operator
from strongroom_testkit.world import World

MANY = 3_000
"""The number of transactions by which one cluster's IDs are ahead of a new one's."""

PAST_THE_FLOOR = timedelta(seconds=302)


@dataclass(frozen=True, slots=True)
class Past:
    """The contents at the time of the backup. `later` is a read made after the backup."""

    person: Person
    secret: SecretView
    machine: TestMachine
    later: Machine
    actions: list[str]

    @property
    def reads(self) -> int:
        """The number of times that the secret was read before the backup."""
        return self.actions.count("secret_read")


async def spend_ids(url: str) -> None:
    """Use up many of a cluster's transaction IDs, as harmless writes do."""
    connection = await connect(url)
    try:
        await connection.execute(
            "do $$ begin"
            f" for n in 1..{MANY} loop perform pg_current_xact_id(); commit; end loop;"
            " end $$"
        )
    finally:
        await connection.close()


async def build_history(world: World, url: str, back_up: Callable[[], Awaitable[None]]) -> Past:
    """Perform some actions, tally half of them, make a backup, and then read once more."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await spend_ids(url)
    for tallied in (True, False):
        for _ in range(2):
            await read_secret_value(world.core, await machine.caller(world), secret.id)
        if tallied:
            await tally_reads(world.core)
    actions = [str(entry["action"]) for entry in await world.entries()]
    await back_up()
    later = await machine.caller(world)
    await read_secret_value(world.core, later, secret.id)
    return Past(world.person, secret, machine, later, actions)


async def require_all_right(world: World, past: Past, administrator_url: str) -> None:
    """Check the events' order, paging and neighbors, the read counts, queries for changes, and nonces."""
    core, owner = world.core, world.owner
    with pytest.raises(
        NotAuthenticated
    ):  # The request is rejected immediately, without waiting for anything.
        await read_secret_value(core, past.later, past.secret.id)
    position = await latest(core, owner)

    assert await find_changes(core, owner, position) is None
    made = await world.project("made after the restore")
    changes = await find_changes(core, owner, position)

    assert changes is not None
    assert changes.changes is not None
    assert len(changes.changes) == 1
    told = [*past.actions, "secret_read_denied", "project_create"]
    newest = await list_entries(core, owner, PageRequest(200))

    assert [entry.action for entry in newest.items] == told[::-1]
    assert newest.items[0].target_id == made.id
    assert [entry.id for entry in newest.items] == [entry.id async for entry in paged(world)]
    in_place = await read_entry(core, owner, str(newest.items[0].id))

    assert (in_place.previous, in_place.next) == (newest.items[1].id, None)
    committed, _ = await list_committed(core, system("test", owner.vault), BEGINNING)

    assert [entry.id for entry in committed] == [entry.id for entry in reversed(newest.items)]
    await tally_reads(core)
    counted = await figures(administrator_url)
    await spend_ids(administrator_url)  # This cluster's IDs pass the restored ones.
    await spend_ids(administrator_url)

    assert await tally_reads(core) == 0
    assert await figures(administrator_url) == counted
    assert counted[0] == past.reads
    core.clock = MovableClock(core.clock.now() + PAST_THE_FLOOR)
    with pytest.raises(NotAuthenticated):
        await read_secret_value(core, past.later, past.secret.id)
    fresh = await past.machine.caller(world)
    read = await read_secret_value(core, fresh, past.secret.id)

    assert read.version == 1
    assert await tally_reads(core) == 1


async def paged(world: World) -> AsyncIterator[Any]:
    """Return every event, newest first, in small pages."""
    cursor = None
    while True:
        request = PageRequest.parse(limit=3, cursor=cursor)
        page = await list_entries(world.core, world.owner, request)
        for entry in page.items:
            yield entry
        cursor = page.next_cursor
        if cursor is None:
            return


async def figures(url: str) -> tuple[Any, ...]:
    """Return the secret's read count, last read time and last reader."""
    connection = await connect(url)
    try:
        row = await connection.fetchrow("select read_count, last_read_at, last_read_by from secret")
    finally:
        await connection.close()
    assert row is not None
    return tuple(row)


@asynccontextmanager
async def opened(url: str, cluster: Cluster, *, restoring: bool = False) -> AsyncGenerator[Core]:
    """Yield an unsealed core on a database. If `restoring`, it needn't have been marked as restored."""
    core = await open_core(Settings(database_url=url), restoring=restoring)
    try:
        await unseal(core, cluster.root)
        yield core
    finally:
        await core.database.close()


def program(postgres: EmbeddedPostgres, name: str, url: str, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on a database."""
    parts = urlsplit(url)
    place = parse_qs(parts.query)
    subprocess.run(
        [
            postgres.programs.folder / name,
            f"--host={place['host'][0]}",
            f"--port={place['port'][0]}",
            f"--username={parts.username}",
            *arguments,
        ],
        env={"PATH": os.environ["PATH"], "PGPASSWORD": parts.password or ""},
        check=True,
        capture_output=True,
    )


async def test_a_dump_in_a_new_cluster(
    cluster: Cluster, database: str, world: World, tmp_path: Path
) -> None:
    """L-3, R-3, S-9: everything holds after loading a dump into a cluster with new transaction IDs."""
    dump = tmp_path / "dump.sql"
    old_url = cluster.administrator_url(database)

    async def back_up() -> None:
        named = (f"--dbname={database}", f"--file={dump}", "--clean", "--if-exists")
        await asyncio.to_thread(program, cluster.postgres, "pg_dump", old_url, *named)

    past = await build_history(world, old_url, back_up)
    new = await EmbeddedPostgres.start(
        tmp_path / "data", binaries=cluster.postgres.programs.folder, fsync=False
    )
    try:
        url = new.dsn(user=new.superuser, password=new.superuser_password, database=DATABASE)
        await make_database(
            lambda name: url.replace(f"/{DATABASE}?", f"/{name}?"), cluster.passwords
        )
        named = (f"--dbname={DATABASE}", f"--file={dump}", "--set=ON_ERROR_STOP=1")
        await asyncio.to_thread(program, new, "psql", url, *named)
        serving = new.dsn(
            user="strongroom", password=cluster.passwords["strongroom"], database=DATABASE
        )
        with pytest.raises(FromAnotherCluster, match="restored"):
            await open_core(Settings(database_url=serving))
        async with opened(serving, cluster, restoring=True) as core:
            found = {each.check: each for each in (await examine(core.database)).findings}

            assert found["installation"].grade == "problem"
            assert "restored" in (found["installation"].hint or "")
            assert await mark_restored(core) == 2
        async with opened(serving, cluster) as core:
            await require_all_right(replace(world, core=core), past, url)
    finally:
        await new.stop()


def recover(postgres: EmbeddedPostgres, data: Path) -> None:
    """Run a cluster until it has recovered, which is impossible in single-user mode, where ours starts.

    `recovery.signal` is deleted a little before that. If PostgreSQL (seen with 18.6) is stopped in between,
    it forgets the target, and its next start replays the rest of the WAL.
    """
    command = postgres.programs.command(
        "postgres",
        "-D",
        str(data),
        *("-c", "listen_addresses=", "-c", f"unix_socket_directories={data.parent}"),
        on_parent_death="INT",
    )
    log = data.parent / "recovery.log"
    with log.open("wb") as output:
        running = subprocess.Popen(command, stdout=output, stderr=output, env=environment())
    done = b"database system is ready to accept connections"
    try:
        wait_until(lambda: done in log.read_bytes() or running.poll() is not None)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(60)


def wait_until(reached: Callable[[], bool]) -> None:
    """Wait for a condition, for at most a minute."""
    deadline = time.monotonic() + 60
    while not reached() and time.monotonic() < deadline:
        time.sleep(0.05)


@asynccontextmanager
async def in_a_cluster_alone(
    folder: Path, world: World, archive: Path | None = None
) -> AsyncGenerator[tuple[Cluster, World, str]]:
    """Yield a cluster with one installation, to be copied. `archive` keeps its write-ahead log."""
    cluster = await Cluster.start(folder)
    try:
        if archive is not None:
            archive.mkdir()
            await cluster.stop()
            with (folder / "postgresql.conf").open("a") as settings:
                settings.write(f"archive_mode = on\narchive_command = 'cp %p {archive}/%f'\n")
            cluster.postgres = await EmbeddedPostgres.start(folder, fsync=False)
        name = await cluster.fresh_database()
        world.markers.note(cluster.initialised.setup_token)
        async with opened(cluster.url(name), cluster) as core:
            core.passwords = world.core.passwords
            person = await make_operator(core, cluster.initialised.setup_token, world.markers)
            yield cluster, World(core, person, world.markers), name
    finally:
        await cluster.stop()


async def require_restored(
    cluster: Cluster, copy: Path, name: str, world: World, past: Past
) -> None:
    """Start the copy, mark it as restored, and check it."""
    cluster.postgres = await EmbeddedPostgres.start(copy, fsync=False)
    url = cluster.url(name)
    async with opened(url, cluster) as core:
        await mark_restored(core)
    async with opened(url, cluster) as core:
        restored = World(core, past.person, world.markers)
        await require_all_right(restored, past, cluster.administrator_url(name))


async def test_a_copy_of_the_files(world: World, tmp_path: Path) -> None:
    """L-3, R-3, S-9: everything holds after restoring a copy of a stopped database's folder."""
    copy = tmp_path / "copy"
    async with in_a_cluster_alone(tmp_path / "data", world) as (cluster, alone, name):

        async def back_up() -> None:
            data = cluster.postgres.data
            await cluster.stop()
            await asyncio.to_thread(shutil.copytree, data, copy)
            cluster.postgres = await EmbeddedPostgres.start(data, fsync=False)

            # The pool's connections ended with the old database, and the copy's socket has another
            # path.
            alone.core.database = (
                await open_core(Settings(database_url=cluster.url(name)))
            ).database

        first = alone.core.database
        past = await build_history(alone, cluster.administrator_url(name), back_up)
        await alone.core.database.close()
        alone.core.database = first
        await cluster.stop()
        await require_restored(cluster, copy, name, world, past)


@pytest.mark.prove
async def test_restore_to_a_point_in_time(world: World, tmp_path: Path) -> None:
    """L-3, R-3, S-9: everything holds after restoring a base backup and WAL up to the last read."""
    copy, archive = tmp_path / "copy", tmp_path / "archive"
    async with in_a_cluster_alone(tmp_path / "data", world, archive) as (cluster, alone, name):
        url = cluster.administrator_url(name)
        await asyncio.to_thread(
            program, cluster.postgres, "pg_basebackup", url, f"--pgdata={copy}", "--checkpoint=fast"
        )
        moments: list[Any] = []

        async def remember() -> None:
            connection = await connect(url)
            moments.append(await connection.fetchval("select clock_timestamp()::text"))
            await connection.close()

        past = await build_history(alone, url, remember)
        await spend_ids(url)
        connection = await connect(url)
        await connection.execute("select pg_switch_wal()")
        await connection.close()
        await cluster.stop()
        with (copy / "postgresql.conf").open("a") as settings:
            settings.write(
                f"archive_mode = off\nrestore_command = 'cp {archive}/%f %p'\n"
                f"recovery_target_time = '{moments[0]}'\nrecovery_target_action = 'promote'\n"
            )
        (copy / "recovery.signal").touch()
        await asyncio.to_thread(recover, cluster.postgres, copy)
        await require_restored(cluster, copy, name, world, past)
