"""Migrations run once, in one process at a time, and either completely or not at all (H-2)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from strongroom_core import schema
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.install import migrate as migrating
from strongroom_core.install.initialise import initialise
from strongroom_core.install.migrate import (
    SchemaTooNew,
    expected_migrations,
    fingerprint,
    functions_name,
    migrate,
)
from strongroom_core.install.roles import LOGINS, for_administrators, provision
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.runtime.start import open_core
from strongroom_core.schema.tables import TABLES
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.contents import contents

SCHEMA = Path(schema.__file__).parent
MIGRATIONS = sorted(path.stem for path in (SCHEMA / "migrations").iterdir())

FUNCTIONS = "functions_0026_a76612cb98a87177"


async def tables(cluster: Cluster, database: str) -> set[str]:
    connection = await connect(cluster.administrator_url(database))
    try:
        rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


async def test_migrating_twice_does_it_once(cluster: Cluster, empty: str) -> None:
    """H-2: a second run finds nothing to do and changes nothing."""
    url = cluster.url(empty, "strongroom_owner")
    first = await migrate(url)
    connection = await connect(cluster.administrator_url(empty))
    try:
        before = await contents(connection)
        second = await migrate(url)
        after = await contents(connection)
    finally:
        await connection.close()

    assert first == [*MIGRATIONS, FUNCTIONS]
    assert second == []
    assert before == after
    assert {table._meta.tablename for table in TABLES} < await tables(cluster, empty)


async def test_simultaneous_migrations_run_one_after_the_other(
    cluster: Cluster, empty: str
) -> None:
    """H-3: if two nodes start together, one migrates; the other waits and finds nothing to do."""
    url = cluster.url(empty, "strongroom_owner")
    results = await asyncio.gather(migrate(url), migrate(url), migrate(url))

    assert sorted(len(result) for result in results) == [0, 0, expected_migrations() + 1]


async def test_a_failed_migration_is_rolled_back(cluster: Cluster, empty: str) -> None:
    """H-2: if the last statement fails, not even the first table remains."""
    owner = await connect(cluster.url(empty, "strongroom_owner"))
    try:
        await owner.execute("create table outbox (in_the_way int)")
        with pytest.raises(RuntimeError, match="0001_tables failed"):
            await migrate(cluster.url(empty, "strongroom_owner"))

        assert await tables(cluster, empty) <= {"outbox", "migration"}
        await owner.execute("drop table outbox")
    finally:
        await owner.close()
    ran = await migrate(cluster.url(empty, "strongroom_owner"))

    assert len(ran) == expected_migrations() + 1


@pytest.mark.parametrize("missing", [MIGRATIONS[-1], FUNCTIONS])
async def test_an_old_database_is_not_served(
    settings: Settings, administrator: OpenConnection, missing: str
) -> None:
    """H-2: if a migration or the functions are missing, the server doesn't start and says what to run."""
    await administrator.execute("delete from migration where name = $1", missing)
    with pytest.raises(NotInitialised, match="strongroom-server migrate"):
        await open_core(settings)


@pytest.mark.parametrize("newer", ["9999_from_the_future", "functions_9999_0123456789abcdef"])
async def test_a_newer_database_is_left_alone(
    cluster: Cluster, database: str, settings: Settings, administrator: OpenConnection, newer: str
) -> None:
    """H-2: an older release neither serves nor changes a newer release's database, and says why."""
    await administrator.execute("insert into migration (name) values ($1)", newer)
    before = await contents(administrator)
    with pytest.raises(SchemaTooNew, match=f"{newer}.* newer"):
        await open_core(settings)
    with pytest.raises(SchemaTooNew, match=f"{newer}.* newer"):
        await migrate(cluster.url(database, "strongroom_owner"))

    assert await contents(administrator) == before


async def test_functions_that_changed_are_made_again(
    cluster: Cluster, database: str, administrator: OpenConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """H-2: outdated functions are replaced and manually granted rights revoked, without changing a row."""
    monkeypatch.setattr(migrating, "FUNCTIONS", 9998)
    before = await contents(administrator, "migration")
    await administrator.execute(
        "create or replace function nonce_floor() returns timestamptz language sql as"
        " $$ select '-infinity'::timestamptz $$;"
        "grant delete on audit_entry to strongroom_app;"
        "grant execute on function nonce_floor to public"
    )
    ran = await migrate(cluster.url(database, "strongroom_owner"))
    names = await administrator.fetch("select name from migration order by id")
    text = await administrator.fetchval("select prosrc from pg_proc where proname = 'nonce_floor'")
    rights = await administrator.fetchrow(
        "select has_table_privilege('strongroom_app', 'audit_entry', 'delete') as table,"
        " has_function_privilege('strongroom_blind', 'nonce_floor()', 'execute') as function"
    )

    assert ran == [functions_name()]
    assert [row["name"] for row in names] == [*MIGRATIONS, functions_name()]
    assert "from deployment" in text
    assert rights is not None
    assert tuple(rights.values()) == (False, False)
    assert await contents(administrator, "migration") == before


def test_functions_have_a_number_that_rises_with_their_text() -> None:
    """H-2: a change to a function or a right must increase `FUNCTIONS`, so this test fails until it does."""
    assert functions_name() == FUNCTIONS


def test_each_migration_has_a_number_of_its_own() -> None:
    """H-2: two migrations written in parallel can't share a number unnoticed."""
    numbers = [int(name[:4]) for name in MIGRATIONS]

    assert numbers == sorted(set(numbers))
    assert len(numbers) == expected_migrations()


def test_a_function_is_written_once() -> None:
    """H-2: each function is defined in only one file; otherwise the files' order would matter."""
    created = [
        name
        for path in SCHEMA.glob("**/*.sql")
        for name in re.findall(
            r"^create (?:or replace )?function (\w+)", path.read_text(), re.MULTILINE
        )
    ]

    assert len(created) > 20
    assert len(created) == len(set(created))


async def test_an_empty_database_is_not_served(cluster: Cluster, empty: str) -> None:
    """H-2: before migrating and before initializing, the error names the command to run."""
    settings = Settings(database_url=cluster.url(empty))
    with pytest.raises(NotInitialised, match="strongroom-server migrate"):
        await open_core(settings)
    await migrate(cluster.url(empty, "strongroom_owner"))
    with pytest.raises(NotInitialised, match="strongroom-server init"):
        await open_core(settings)
    await initialise(cluster.url(empty, "strongroom_owner"), settings, cluster.root)
    core = await open_core(settings)
    await core.database.close()

    assert core.sealed
    with pytest.raises(NotInitialised, match="DATABASE_URL"):
        await open_core(replace(settings, database_url=None))


def test_the_fingerprint_is_of_the_schema() -> None:
    """H-2: the fingerprint is the same on every call, so that a prepared cluster is found again."""
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 64


async def test_roles_are_made_again_without_harm(cluster: Cluster, database: str) -> None:
    """H-2: an administrator can run the statements a second time."""
    administrator = await connect(cluster.administrator_url(database))
    try:
        await provision(administrator, cluster.passwords)
    finally:
        await administrator.close()
    for login in LOGINS:
        connection = await connect(cluster.url(database, login))
        await connection.close()


async def test_no_statement_contains_a_password(cluster: Cluster, database: str) -> None:
    """E-5: PostgreSQL's log and statistics can contain statements, so these contain only password hashes."""
    administrator = await connect(cluster.administrator_url(database))
    try:
        recording: Any = Recording(administrator)
        await provision(recording, cluster.passwords)
    finally:
        await administrator.close()
    sent = "\n".join(recording.sent)

    assert len(LOGINS) == sent.count("password 'SCRAM-SHA-256$4096:")
    assert [] == [login for login, password in cluster.passwords.items() if password in sent]


class Recording:
    """A connection that records what it sends."""

    def __init__(self, connection: OpenConnection) -> None:
        self._connection = connection
        self.sent: list[str] = []

    async def execute(self, query: str, *args: object) -> str:
        """Record the statement, and run it."""
        self.sent.append(query)
        return await self._connection.execute(query, *args)

    def __getattr__(self, name: str) -> Any:
        """Pass everything else on."""
        return getattr(self._connection, name)


async def test_a_password_that_would_be_read_as_sql_is_rejected(
    cluster: Cluster, database: str
) -> None:
    """E-5: passwords with special characters are rejected, because role statements can't take parameters."""
    administrator = await connect(cluster.administrator_url(database))
    bad = "x' superuser --"
    try:
        with pytest.raises(ValueError, match="letters, digits") as caught:
            await provision(administrator, dict.fromkeys(LOGINS, bad))
    finally:
        await administrator.close()

    assert bad not in str(caught.value)


def test_the_printed_statements_contain_no_password() -> None:
    """H-2: the printed statements include every role and leave the passwords to the administrator."""
    printed = for_administrators()

    for role in (*LOGINS, "strongroom_app", "strongroom_blind"):
        assert role in printed
    assert [rf"\password {login}" for login in LOGINS] == [
        line for line in printed.splitlines() if "password " in line and line.startswith("\\")
    ]
