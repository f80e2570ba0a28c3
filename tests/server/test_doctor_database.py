"""The findings of `doctor` about a database that someone changed (H-2)."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from strongroom_core.db.connection import connect
from strongroom_core.doctor import examine_worker
from strongroom_core.doctor.examine import examine, examine_named
from strongroom_core.doctor.examine_clock import examine_clock
from strongroom_core.doctor.examine_settings import examine_locks
from strongroom_core.doctor.finding import Finding, Grade
from strongroom_core.operator.installation import read_installation
from strongroom_core.runtime.start import blind_core
from strongroom_core.secrets.trash import delete_secret

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from strongroom_core.core import Core
    from strongroom_core.settings import Settings
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World


async def found(settings: Settings) -> list[Finding]:
    """Run the checks, and leave out the finding that the tests' PostgreSQL runs without fsync."""
    examined = await examine_named(settings.database_url or "")
    return [each for each in examined.findings if "fsync" not in each.says]


def wrong(findings: list[Finding]) -> dict[str, Grade]:
    return {each.check: each.grade for each in findings if each.grade is not Grade.OK}


@asynccontextmanager
async def changed(
    cluster: Cluster, database: str, statement: str, undo: str = "select 1"
) -> AsyncGenerator[None]:
    """Change something as an administrator, for the duration of the block."""
    administrator = await connect(cluster.administrator_url(database))
    try:
        await administrator.execute(statement)
        try:
            yield
        finally:
            await administrator.execute(undo)
    finally:
        await administrator.close()


async def test_a_fresh_database_is_in_order(settings: Settings) -> None:
    """H-2: a healthy database has no findings, and the root key's check value is returned."""
    examined = await examine_named(settings.database_url or "")

    assert wrong(await found(settings)) == {}
    assert examined.root is not None
    assert examined.root.version == 1


async def test_a_sealed_server_can_run_the_checks(sealed_core: Core) -> None:
    """E-2: a sealed server can run the checks, because they need no key."""
    examined = await examine(sealed_core.database)

    assert {each.check for each in examined.findings if each.grade is not Grade.OK} == {
        "durability"
    }


@pytest.mark.parametrize(
    ("statement", "check", "grade", "told"),
    [
        (
            "alter database {db} set synchronous_commit = off",
            "durability",
            "problem",
            "audit events",
        ),
        ("alter database {db} set log_statement = 'all'", "statement log", "warning", "ciphertext"),
        ("alter database {db} set log_statement = 'mod'", "statement log", "warning", "ciphertext"),
        ("drop extension pg_trgm cascade", "search", "warning", "every row"),
        ("alter database {db} set password_encryption = md5", "passwords", "warning", "md5"),
        (
            "alter table secret_material disable row level security",
            "row-level security",
            "problem",
            "secret_material",
        ),
        ("alter table vault disable row level security", "row-level security", "problem", "vault"),
        (
            "create table surplus (); alter table surplus owner to strongroom_app",
            "roles",
            "problem",
            "owns 1 tables",
        ),
        (
            "delete from migration where id = (select max(id) from migration)",
            "schema",
            "problem",
            "migrate",
        ),
        (
            "insert into migration (name, app_name, ran_on) values ('2099', 'strongroom', now())",
            "schema",
            "problem",
            "unknown to this release",
        ),
        ("drop table migration", "schema", "problem", "migrate"),
        ("delete from root_key", "installation", "problem", "init"),
        (
            "revoke execute on function due_outbox from strongroom_app",
            "database",
            "problem",
            "Insuff",
        ),
    ],
)
async def test_a_change_is_found(
    settings: Settings,
    cluster: Cluster,
    database: str,
    statement: str,
    check: str,
    grade: str,
    told: str,
) -> None:
    """H-2: each problem has its check, its grade, a sentence that names it, and a hint."""
    if statement.startswith("delete from root_key"):
        statement = f"delete from system_key; delete from project_key; {statement}"
    async with changed(cluster, database, statement.format(db=database)):
        findings = await found(settings)
    [finding] = [each for each in findings if each.grade is not Grade.OK]

    assert (finding.check, finding.grade) == (check, grade)
    assert told in f"{finding.says} {finding.hint}"
    assert finding.hint


@pytest.mark.parametrize(
    ("statement", "undo", "told"),
    [
        (
            "alter role strongroom_app bypassrls",
            "alter role strongroom_app nobypassrls",
            "BYPASSRLS",
        ),
        (
            "alter role strongroom_jobs superuser",
            "alter role strongroom_jobs nosuperuser",
            "SUPERUSER",
        ),
        (
            "grant strongroom_owner to strongroom",
            "revoke strongroom_owner from strongroom",
            "revoke",
        ),
    ],
)
async def test_a_role_with_too_much_power_is_a_problem(
    settings: Settings, cluster: Cluster, database: str, statement: str, undo: str, told: str
) -> None:
    """H-2: everything that lets a serving role bypass row-level security is found."""
    async with changed(cluster, database, statement, undo):
        findings = await found(settings)
    told_of = [each for each in findings if each.grade is Grade.PROBLEM]

    assert {each.check for each in told_of} == {"roles"}
    assert told in "".join(f"{each.says} {each.hint}" for each in told_of)
    assert wrong(await found(settings)) == {}


async def test_a_superuser_is_a_problem(cluster: Cluster, database: str) -> None:
    """H-2: a server that logs in as PostgreSQL's superuser has no row-level security at all."""
    findings = (await examine_named(cluster.administrator_url(database))).findings
    told = " ".join(each.says for each in findings if each.check == "roles")

    assert "the server logs in as strongroom_super" in told
    assert "strongroom_super is SUPERUSER" in told


async def test_an_old_note_is_a_warning(
    settings: Settings, cluster: Cluster, database: str
) -> None:
    """H-2: overdue work in the outbox is found by its age."""
    insert = (
        "insert into outbox (vault, id, kind, subject, due_at, created_at)"
        " values ('installation', '{id}', 'erase_project', 'proj_x', now(), now())"
    )
    fresh = await _uuid_of(cluster, database, seconds=1)
    old = await _uuid_of(cluster, database, seconds=7200)
    async with changed(cluster, database, insert.format(id=fresh)):
        young = wrong(await found(settings))
    async with changed(cluster, database, insert.format(id=old)):
        findings = await found(settings)

    assert young == {}
    assert wrong(findings) == {"outbox": Grade.WARNING}
    assert "120 minutes" in "".join(each.says for each in findings)


async def test_a_worker_that_stopped_is_a_warning(
    settings: Settings, cluster: Cluster, database: str
) -> None:
    """H-2: the worker's last run is shown; if it was long ago, that is a warning."""
    ran = "insert into read_tally (vault, incarnation, tx, woke_at) values ('installation', 1, '{tx}', {at})"
    undo = "delete from read_tally"
    [before] = [each for each in await found(settings) if each.check == "worker"]
    just_now = ran.format(tx=2**62, at="clock_timestamp()")
    async with changed(cluster, database, just_now, undo):
        running = await found(settings)
    long_ago = ran.format(tx=2**62, at="clock_timestamp() - interval '12 minutes'")
    async with changed(cluster, database, long_ago, undo):
        stopped = await found(settings)

    assert "no worker has run on this database yet" == before.says
    assert "a worker ran 0 s ago" in [each.says for each in running]
    assert {} == wrong(running)
    assert {"worker": Grade.WARNING} == wrong(stopped)
    assert "no worker has run for 12 minutes" in "".join(each.says for each in stopped)


async def test_overdue_work_is_a_warning(
    settings: Settings, world: World, cluster: Cluster, database: str
) -> None:
    """H-2, Q-3: overdue work of the worker is found in the database, by kind, no matter what its queue says.

    The administrator's page gets the same numbers, and no more.
    """
    project = await world.project("billing")
    for name, minutes in (("OVERDUE", 11), ("DUE", 5)):
        secret = await world.secret(project, name)
        await delete_secret(world.core, world.owner, secret.id)
        administrator = await connect(cluster.administrator_url(database))
        await administrator.execute(
            "update secret set trashed_at = clock_timestamp() - interval '30 days' - $2::interval"
            " where id = $1",
            secret.id,
            timedelta(minutes=minutes),
        )
        await administrator.close()
    findings = await found(settings)
    work = (
        await read_installation(blind_core(world.core), replace(world.owner, operator=True))
    ).work

    assert {"due work": Grade.WARNING} == wrong(findings)
    assert "secrets to delete from the trash (1)" in "".join(each.says for each in findings)
    assert {"purge_secret": 2} == {each.work: each.due for each in work.due if each.due}


async def test_what_delays_the_counts_is_named(
    settings: Settings, cluster: Cluster, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-9, H-2: if read counts wait for a transaction in any database, the finding says which one."""
    waits = (
        "insert into read_tally (vault, incarnation, tx, woke_at)"
        " values ('installation', 1, '3', clock_timestamp())"
    )
    monkeypatch.setattr(examine_worker, "BEHIND_WARNING", -1.0)
    forgotten = await connect(cluster.administrator_url("postgres"))
    try:
        await forgotten.execute("begin")
        await forgotten.execute("select pg_current_xact_id()")
        process = await forgotten.fetchval("select pg_backend_pid()")
        async with changed(cluster, database, waits, "delete from read_tally"):
            findings = await found(settings)
    finally:
        await forgotten.close()
    [finding] = [each for each in findings if each.check == "read counts"]

    assert {"read counts": Grade.WARNING} == wrong(findings)
    assert f"in the database postgres (process {process})" in finding.says
    assert f"pg_terminate_backend({process})" in (finding.hint or "")


@pytest.mark.parametrize("rejects", [False, True], ids=["passes on", "rejects search_path"])
async def test_a_pooler_is_a_problem(cluster: Cluster, database: str, rejects: bool) -> None:
    """H-2: a pooler is detected by its own process IDs; for a rejected connection, the cause is given."""
    url = cluster.url(database)
    parts = urlsplit(url)
    place = {name: value[0] for name, value in parse_qs(parts.query).items()}
    path = f"{place['host']}/.s.PGSQL.{place['port']}"
    server = await asyncio.start_server(partial(_pool, path, rejects), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    examined = await examine_named(
        f"postgresql://{parts.username}:{parts.password}@127.0.0.1:{port}{parts.path}"
    )
    server.close()
    findings = [each for each in examined.findings if "fsync" not in each.says]

    assert wrong(findings) == {"database" if rejects else "connection pooler": Grade.PROBLEM}
    assert "a pooler such as PgBouncer" in "".join(each.says for each in findings).replace(
        "connection ", ""
    )


async def _pool(
    path: str, rejects: bool, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Report a different process ID, or reject the first message, as PgBouncer does."""
    if rejects:
        await reader.read(8)  # The client asks for TLS first.
        writer.write(b"N")
        await reader.read(65536)
        told = b"SFATAL\0C08P01\0Munsupported startup parameter: search_path=public\0\0"
        writer.write(b"E" + (len(told) + 4).to_bytes(4, "big") + told)
        writer.close()
        return
    from_server, to_server = await asyncio.open_unix_connection(path)

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            before, key, after = data.partition(b"K\0\0\0\x0c")
            changed = bytes([after[0] ^ 1]) + after[1:] if after else b""
            target.write(before + key + changed)
        target.close()

    await asyncio.gather(pass_on(reader, to_server), pass_on(from_server, writer))


async def _uuid_of(cluster: Cluster, database: str, *, seconds: int) -> str:
    """Return the ID of a note created this many seconds ago (UUID version 7)."""
    administrator = await connect(cluster.administrator_url(database))
    now: Any = await administrator.fetchval("select extract(epoch from clock_timestamp())")
    await administrator.close()
    digits = f"{int((float(now) - seconds) * 1000):012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-00000000000{seconds % 7}"


@pytest.mark.parametrize(
    ("offset", "grade"),
    [
        (0.2, "ok"),
        (-0.9, "ok"),
        (1.1, "warning"),
        (-4.9, "warning"),
        (5.1, "problem"),
        (-60, "problem"),
    ],
)
def test_clocks_are_compared(offset: float, grade: str) -> None:
    """H-2: clocks over one second apart are a warning, over five a problem, in either direction."""
    assert examine_clock(offset).grade == grade


async def test_an_unreachable_database() -> None:
    """H-2: an unreachable database is a finding, not an exception, and the finding contains no password."""
    examined = await examine_named("postgresql://strongroom:MARKERpass@127.0.0.1:1/strongroom")
    [finding] = examined.findings

    assert (finding.check, finding.grade) == ("database", "problem")
    assert "MARKER" not in f"{finding.says} {finding.hint}"


@pytest.mark.parametrize(("each", "grade"), [(64, "ok"), (63, "warning"), (10, "warning")])
def test_memory_for_locks_is_examined(each: int, grade: str) -> None:
    """H-2: fewer locks than PostgreSQL's default cause a warning that says what can fail and what to set."""
    finding = examine_locks(each, each * 100)

    assert grade == finding.grade.value
    assert f"{each * 100:,} locks (max_locks_per_transaction is {each})" in finding.says
    assert ("restart PostgreSQL" in (finding.hint or "")) == (grade == "warning")


async def test_the_memory_for_locks_is_postgresqls_own(core: Core) -> None:
    """H-2: the number of locks is the total for all connections."""
    async with core.database.transaction(None) as connection:
        each, connections = [
            int(await connection.fetchval(f"show {name}"))
            for name in ("max_locks_per_transaction", "max_connections")
        ]
    said = [each.says for each in (await examine(core.database)).findings if each.check == "locks"]

    assert [f"room for {each * connections:,} locks (max_locks_per_transaction is {each})"] == said
