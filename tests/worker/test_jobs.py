"""The worker performs everything that is due, even if other work fails (V-3, S-7)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, LiteralString

import pytest
from psycopg.errors import UndefinedTable

from strongroom_core.access.operations import TableMismatch, require_listed
from strongroom_core.db.connection import connect
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.outbox.drain import due_notes
from strongroom_core.projects.trash import PORTION, purge_project
from strongroom_testkit.world import entries_of
from strongroom_worker import jobs
from strongroom_worker.app import work
from strongroom_worker.jobs import JOBS, OPERATIONS, require_jobs_listed
from strongroom_worker.queue import connected_queue

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from strongroom_core.core import Core
    from strongroom_core.kernel.ids import VaultId
    from strongroom_core.settings import Settings
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

GENEROUS_SECONDS = 120.0
MONTH_AND_A_DAY = timedelta(days=31)


async def count(core: Core, vault: VaultId, table: str, project: str) -> int:
    async with core.database.transaction(vault) as connection:
        column = "id" if table == "project" else "project"
        return await connection.fetchval(
            f"select count(*) from {table} where {column} = $1", project
        )


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(GENEROUS_SECONDS):
        while not await holds():
            await asyncio.sleep(0.1)


@asynccontextmanager
async def working(core: Core, settings: Settings) -> AsyncGenerator[asyncio.Task[None]]:
    task = asyncio.create_task(work(core, settings.jobs_database_url or ""))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def test_the_jobs_are_those_that_are_listed() -> None:
    """The worker starts only with exactly the jobs in the authorization table."""
    require_jobs_listed()
    one_short = [name for name in JOBS if name != "purge_secret"]

    with pytest.raises(TableMismatch, match="purge_secret"):
        require_listed(one_short, OPERATIONS)


async def test_trashed_secrets_are_purged_after_30_days(
    core: Core, world: World, clock: MovableClock
) -> None:
    """S-7: after 30 days a trashed secret is permanently deleted, logged as the worker's action."""
    project = await world.project("billing")
    old = await world.trashed_secret(project, "OLD")
    clock.move(MONTH_AND_A_DAY)
    young = await world.trashed_secret(project, "YOUNG")
    await jobs.purge(core)
    [entry] = await world.entries("secret_purge")
    async with core.database.transaction(world.person.vault) as connection:
        left = [row["id"] for row in await connection.fetch("select id from secret")]
        materials = await connection.fetch("select secret from secret_material")

    assert left == [young.id]
    assert [row["secret"] for row in materials] == [young.id]
    assert (entry["target_id"], entry["actor_kind"]) == (old.id, "system")
    assert entry["actor_name"] == "purge_secret"


async def test_a_trashed_project_is_purged_and_erased(
    core: Core, world: World, clock: MovableClock
) -> None:
    """V-3: a month after its deletion a project is purged, and it is erased at the worker's next run."""
    project = await world.project("billing")
    await world.secret(project, "API_KEY")
    await world.structured(project, "SMTP", "host", "password")
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "update project set trashed_at = $2 where id = $1", project.id, clock.now()
        )
    clock.move(MONTH_AND_A_DAY)
    await jobs.purge(core)
    ordered = await count(core, world.person.vault, "project", project.id)
    await jobs.drain(core)
    left = {
        table: await count(core, world.person.vault, table, project.id)
        for table in ("project", "project_key", "secret", "secret_material")
    }
    erased = await world.entries("project_erase")

    assert ordered == 1
    assert left == {"project": 0, "project_key": 0, "secret": 0, "secret_material": 0}
    assert [entry["actor_name"] for entry in erased] == ["erase_project"]
    assert await due_notes(core) == []


async def test_more_than_a_portion_is_erased_in_one_run(core: Core, world: World) -> None:
    """V-3: a large project is erased in batches, each with its own event."""
    project = await world.project("billing")
    await world.secret(project, "FIRST")
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "insert into secret (vault, id, project, kind, name, name_folded, changed_at,"
            " changed_by, created_at) select vault, 'sk_' || lpad(n::text, 16, 'a'), project, kind,"
            " 'N' || n, 'n' || n, changed_at, changed_by, created_at"
            " from secret, generate_series(1, $1) n",
            PORTION,
        )
        await connection.execute(
            "update project set trashed_at = $2 where id = $1", project.id, core.clock.now()
        )
    await purge_project(core, world.owner, project.id)
    await jobs.drain(core)

    assert await count(core, world.person.vault, "project", project.id) == 0
    assert len(await world.entries("project_erase")) == 2


async def test_one_that_fails_does_not_hold_up_the_others(
    core: Core, world: World, settings: Settings
) -> None:
    """An item that can't be processed now is postponed, and the ones behind it are processed."""
    blocked, free = await world.trashed_project("blocked"), await world.trashed_project("free")
    await purge_project(core, world.owner, blocked.id)
    await purge_project(core, world.owner, free.id)
    holder = await connect(settings.owner_database_url or "")
    try:
        await holder.execute("begin")
        await holder.execute(f"select from project where id = '{blocked.id}' for update")
        await jobs.drain(core)
        now = await due_notes(core)
    finally:
        await holder.close()
    left = await count(core, world.person.vault, "project", blocked.id)
    async with core.database.transaction(world.person.vault) as connection:
        notes = await connection.fetch("select subject, attempts from outbox")

    assert await count(core, world.person.vault, "project", free.id) == 0
    assert left == 1
    assert now == []
    assert [(row["subject"], row["attempts"]) for row in notes] == [(blocked.id, 1)]


async def test_repeated_notes_change_nothing(core: Core, world: World) -> None:
    """If a note is processed again because a worker was killed, there is nothing left to do."""
    project = await world.trashed_project("billing")
    await purge_project(core, world.owner, project.id)
    [note] = await due_notes(core)
    await jobs.drain(core)
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute(
            "insert into outbox (vault, id, kind, subject, due_at, created_at)"
            " values ($1, $2, $3, $4, $5, $5)",
            note.vault,
            note.id,
            note.kind.value,
            note.subject,
            core.clock.now(),
        )
    await jobs.drain(core)

    assert await due_notes(core) == []


async def test_sessions_that_ended_are_swept(core: Core, world: World, clock: MovableClock) -> None:
    """A-4: expired rows are deleted, and no others."""
    now = clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        for name, ends in (("over", now - timedelta(seconds=1)), ("on", now + timedelta(hours=1))):
            await connection.execute(
                "insert into rate_count (vault, key, expires_at) values ($1,$2,$3)",
                INSTALLATION,
                f"test:{name}",
                ends,
            )
    await jobs.sweep(core)
    async with core.database.transaction(INSTALLATION) as connection:
        rows = await connection.fetch("select key from rate_count where key like 'test:%'")

    assert [row["key"] for row in rows] == ["test:on"]
    assert await entries_of(core, INSTALLATION, "installation_sweep") == []


async def test_a_purge_is_erased_without_further_requests(
    core: Core, world: World, settings: Settings
) -> None:
    """V-3: with the real queue, a purged project is erased without any further request."""
    project = await world.trashed_project("billing")
    async with working(core, settings):
        await purge_project(core, world.owner, project.id)
        await eventually(lambda: _is_gone(core, world, project.id))
    async with connected_queue(settings.jobs_database_url or "") as queue:
        jobs = [job.to_dict() async for job in queue.iter_jobs()]

    assert {"drain", "expire", "purge", "sweep"} <= {job["function"] for job in jobs}
    assert all(not job.get("kwargs") for job in jobs)
    assert all(job["retries"] >= 3 and job["timeout"] > 0 for job in jobs)


async def test_work_resumes_with_the_database(
    core: Core, world: World, settings: Settings, cluster: Cluster, database: str
) -> None:
    """H-3: work resumes after the queue has lost all connections and couldn't log in for a while."""
    project = await world.trashed_project("billing")
    administrator = await connect(cluster.administrator_url("postgres"))
    cut = (
        "select count(pg_terminate_backend(pid)) from pg_stat_activity"
        " where datname = $1 and usename = 'strongroom_jobs'"
    )
    try:
        async with working(core, settings) as task:
            await eventually(lambda: _has_woken(settings))
            await administrator.execute("alter role strongroom_jobs nologin")
            killed = await administrator.fetchval(cut, database)
            await asyncio.sleep(3)
            await purge_project(core, world.owner, project.id)
            still_there = await count(core, world.person.vault, "project", project.id)
            await administrator.execute("alter role strongroom_jobs login")
            await eventually(lambda: _is_gone(core, world, project.id))
            ended = task.done()
    finally:
        await administrator.execute("alter role strongroom_jobs login")
        await administrator.close()

    assert killed > 0
    assert still_there == 1
    assert not ended


async def test_the_worker_waits_for_the_queue(
    core: Core, world: World, settings: Settings, cluster: Cluster
) -> None:
    """H-1: a worker that starts before the queue's login role works keeps trying."""
    project = await world.trashed_project("billing")
    await purge_project(core, world.owner, project.id)
    administrator = await connect(cluster.administrator_url("postgres"))
    try:
        await administrator.execute("alter role strongroom_jobs nologin")
        async with working(core, settings):
            await asyncio.sleep(1)
            await administrator.execute("alter role strongroom_jobs login")
            await eventually(lambda: _is_gone(core, world, project.id))
    finally:
        await administrator.execute("alter role strongroom_jobs login")
        await administrator.close()

    assert await _is_gone(core, world, project.id)


async def test_a_sealed_servers_worker_does_nothing(
    core: Core, world: World, settings: Settings
) -> None:
    """E-2: while the server is sealed, its worker does nothing; once unsealed, the worker continues."""
    project = await world.trashed_project("billing")
    await purge_project(core, world.owner, project.id)
    core.sealed = True
    async with working(core, settings):
        await eventually(lambda: _has_woken(settings))
        await asyncio.sleep(5)
        resting = await count(core, world.person.vault, "project", project.id)
        core.sealed = False
        await eventually(lambda: _is_gone(core, world, project.id))

    assert resting == 1


async def _is_gone(core: Core, world: World, project: str) -> bool:
    return await count(core, world.person.vault, "project", project) == 0


async def _has_woken(settings: Settings) -> bool:
    connection = await connect(settings.jobs_database_url or "")
    try:
        if await connection.fetchval("select to_regclass('saq.saq_jobs')") is None:
            return False
        done = "select count(*) from saq.saq_jobs where key like '%cron:drain%' and status <> 'new'"
        return await connection.fetchval(done) > 0
    finally:
        await connection.close()


async def test_runs_that_a_wrong_clock_put_far_ahead(core: Core, settings: Settings) -> None:
    """H-2: a run scheduled while this machine's clock was ahead doesn't silence its job until that time.

    The worker's last run is in the database, where `doctor` and the metrics find it.
    """
    url = settings.jobs_database_url or ""

    async def ask(sql: LiteralString) -> float:
        async with connected_queue(url) as queue, queue.pool.connection() as connection:
            try:
                row = await (await connection.execute(sql)).fetchone()
            except UndefinedTable:  # The worker hasn't created it yet.
                return 0.0
        return 0.0 if row is None else float(row[0] or 0)

    far = (
        "select max(scheduled) - extract(epoch from clock_timestamp()) from saq_jobs"
        " where key like 'cron:%'"
    )
    async with working(core, settings):
        await eventually(
            lambda: _is_more(ask, "select count(*) from saq_jobs where key like 'cron:%'", 6)
        )
    await ask(
        "with put as (update saq_jobs set scheduled = scheduled + 40 * 86400, status = 'queued'"
        " where key like 'cron:%' returning 1) select count(*) from put"
    )
    before = await ask(far)
    async with core.database.transaction(None) as connection:
        await connection.execute("select tally_reads('-infinity')")
    async with working(core, settings):
        await eventually(lambda: _has_run(core))
    after = await ask(far)

    assert before > 30 * 86400
    assert after < 2 * 3600


async def _is_more(
    ask: Callable[[LiteralString], Awaitable[float]], sql: LiteralString, number: int
) -> bool:
    return await ask(sql) > number


async def _has_run(core: Core) -> bool:
    async with core.database.transaction(None) as connection:
        return bool(await connection.fetchval("select woke_at > '-infinity' from tally_state()"))
