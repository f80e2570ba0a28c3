"""Migrations run once, one process at a time, and whole or not at all (H-2)."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from strongroom_core.db.connection import connect
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.operate.initialise import initialise
from strongroom_core.operate.migrate import expected_migrations, fingerprint, migrate
from strongroom_core.operate.roles import LOGINS, for_administrators, provision
from strongroom_core.operate.start import open_core
from strongroom_core.schema.tables import TABLES
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.contents import contents


async def tables(cluster: Cluster, database: str) -> set[str]:
    connection = await connect(cluster.administrator_url(database))
    try:
        rows = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
    finally:
        await connection.close()
    return {row["tablename"] for row in rows}


async def test_migrating_twice_does_it_once(cluster: Cluster, empty: str) -> None:
    """H-2: the second time there is nothing to do, and nothing is touched."""
    url = cluster.url(empty, "strongroom_owner")
    first = await migrate(url)
    connection = await connect(cluster.administrator_url(empty))
    try:
        before = await contents(connection)
        second = await migrate(url)
        after = await contents(connection)
    finally:
        await connection.close()

    assert len(first) == expected_migrations()
    assert first == sorted(first)
    assert second == []
    assert before == after
    assert {table._meta.tablename for table in TABLES} < await tables(cluster, empty)


async def test_two_that_migrate_at_once_follow_each_other(cluster: Cluster, empty: str) -> None:
    """H-3: two nodes that start together: one migrates, the other waits and finds nothing to do."""
    url = cluster.url(empty, "strongroom_owner")
    results = await asyncio.gather(migrate(url), migrate(url), migrate(url))

    assert sorted(len(result) for result in results) == [0, 0, expected_migrations()]


async def test_a_migration_that_fails_leaves_nothing(cluster: Cluster, empty: str) -> None:
    """H-2: something in the way of the last statement, and not even the first table remains."""
    owner = await connect(cluster.url(empty, "strongroom_owner"))
    try:
        await owner.execute("create table outbox (in_the_way int)")
        with pytest.raises(Exception):  # noqa: B017, PT011 -- whatever Piccolo makes of it
            await migrate(cluster.url(empty, "strongroom_owner"))

        assert await tables(cluster, empty) <= {"outbox", "migration"}
        await owner.execute("drop table outbox")
    finally:
        await owner.close()
    ran = await migrate(cluster.url(empty, "strongroom_owner"))

    assert len(ran) == expected_migrations()


async def test_an_old_database_is_not_served(
    cluster: Cluster, settings: Settings, database: str
) -> None:
    """H-2: with a migration missing, the server does not start and says what to run."""
    administrator = await connect(cluster.administrator_url(database))
    try:
        await administrator.execute(
            "delete from migration where id = (select max(id) from migration)"
        )
    finally:
        await administrator.close()
    with pytest.raises(NotInitialised, match="strongroom-server migrate"):
        await open_core(settings)


async def test_an_empty_database_is_not_served(cluster: Cluster, empty: str) -> None:
    """H-2: before migrating, and before initialising, each time with the command that helps."""
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
    """H-2: the same at every call, so that a prepared cluster is found again."""
    assert fingerprint() == fingerprint()
    assert len(fingerprint()) == 64


async def test_roles_are_made_again_without_harm(cluster: Cluster, database: str) -> None:
    """H-2: an administrator may run the statements a second time."""
    administrator = await connect(cluster.administrator_url(database))
    try:
        await provision(administrator, cluster.passwords)
    finally:
        await administrator.close()
    for login in LOGINS:
        connection = await connect(cluster.url(database, login))
        await connection.close()


async def test_a_password_that_would_be_read_as_sql_is_refused(
    cluster: Cluster, database: str
) -> None:
    """E-5: role statements take no parameters, so only harmless characters are let in; none is repeated."""
    administrator = await connect(cluster.administrator_url(database))
    bad = "x' superuser --"
    try:
        with pytest.raises(ValueError, match="letters, digits") as caught:
            await provision(administrator, dict.fromkeys(LOGINS, bad))
    finally:
        await administrator.close()

    assert bad not in str(caught.value)


def test_what_an_administrator_is_given_holds_no_password() -> None:
    """H-2: the printed statements name every role and leave the passwords to whoever runs them."""
    printed = for_administrators()

    for role in (*LOGINS, "strongroom_app", "strongroom_blind"):
        assert role in printed
    assert printed.count("password '…'") == len(LOGINS)
