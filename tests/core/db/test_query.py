"""Piccolo builds statements; they run on the connection of the transaction in progress, and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from piccolo.columns import Column
from piccolo.query.methods.delete import DeletionError
from piccolo.query.methods.update import UpdateError

from strongroom_core.core import Core
from strongroom_core.db.connection import Connection
from strongroom_core.db.engine import Database
from strongroom_core.db.query import revise, run
from strongroom_core.db.scope import Role
from strongroom_core.schema.projects import Application
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.people import Person

NAMES = Application.select(Application.name).order_by(Application.name)


@pytest.fixture
async def elsewhere(cluster: Cluster, owner: Person) -> AsyncIterator[Database]:
    """A second database of this process, with a vault of the same ID."""
    name = await cluster.fresh_database()
    database = await Database.open(cluster.url(name), role=Role.APP, connections=2)
    owning = await Database.open(
        cluster.url(name, "strongroom_owner"), role=Role.OWNER, connections=1
    )
    async with owning.transaction(owner.vault) as connection:
        await connection.execute(
            "insert into vault (id, shape, name, created_at)"
            " values ($1, 'personal', 'elsewhere', clock_timestamp())",
            owner.vault,
        )
    yield database
    await owning.close()
    await database.close()
    await cluster.drop_database(name)


def application(core: Core, owner: Person, name: str) -> Application:
    """Return a row that hasn't been inserted yet."""
    return Application(
        vault=owner.vault,
        id=f"app_{name}",
        name=name,
        name_folded=name,
        description="as it was",
        created_at=core.clock.now(),
    )


async def names(connection: Connection) -> list[str]:
    return [row["name"] for row in await run(connection, NAMES)]


async def test_queries_are_rolled_back_with_their_transaction(core: Core, owner: Person) -> None:
    """L-2: Piccolo's statements are rolled back together with the connection's own."""
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError):
        async with core.database.transaction(owner.vault) as connection:
            await run(connection, Application.insert(application(core, owner, "shop")))
            seen = await names(connection)
            raise ZeroDivisionError
    async with core.database.transaction(owner.vault) as connection:
        left = await names(connection)

    assert (seen, left) == (["shop"], [])


async def test_two_databases_are_open_at_once(
    core: Core, owner: Person, elsewhere: Database
) -> None:
    """H-3: within one process and even one task, every row goes to its own transaction's database."""
    async with (
        core.database.transaction(owner.vault) as here,
        elsewhere.transaction(owner.vault) as there,
    ):
        await run(here, Application.insert(application(core, owner, "here")))
        await run(there, Application.insert(application(core, owner, "there")))
        await run(there, Application.insert(application(core, owner, "gone")))
        await run(there, Application.delete().where(Application.name == "gone"))
    async with core.database.transaction(owner.vault) as here:
        found = await names(here)
    async with elsewhere.transaction(owner.vault) as there:
        found_there = await names(there)

    assert (found, found_there) == (["here"], ["there"])


async def test_a_table_cannot_connect(core: Core, owner: Person) -> None:
    """V-7: a query that is awaited outside our transactions doesn't reach any database."""
    with pytest.raises(AttributeError, match="run_querystring"):
        await Application.insert(application(core, owner, "shop"))


async def test_a_change_without_a_condition_does_not_run(core: Core, owner: Person) -> None:
    """S-7: an update or delete without a condition doesn't run."""
    async with core.database.transaction(owner.vault) as connection:
        await run(connection, Application.insert(application(core, owner, "shop")))
        with pytest.raises(UpdateError):
            await run(connection, Application.update({Application.description: None}))
        with pytest.raises(DeletionError):
            await run(connection, Application.delete())
        left = await run(connection, Application.select(Application.name, Application.description))

    assert [dict(row) for row in left] == [{"name": "shop", "description": "as it was"}]


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({}, None, ("shop", "shop", "as it was")),
        ({}, "Shop 2", ("Shop 2", "shop 2", "as it was")),
        ({Application.description: None}, None, ("shop", "shop", None)),
    ],
)
async def test_an_update_changes_only_its_columns_and_rows(
    core: Core,
    owner: Person,
    values: dict[Column, object],
    name: str | None,
    expected: tuple[str, str, str | None],
) -> None:
    """V-2: other columns and rows don't change, and the revision increases."""
    async with core.database.transaction(owner.vault) as connection:
        for each in ("shop", "other"):
            await run(connection, Application.insert(application(core, owner, each)))
        await run(connection, revise(Application, "app_shop", values, name=name))
        rows = await run(connection, Application.select().order_by(Application.id))
    found = [(row["name"], row["name_folded"], row["description"], row["revision"]) for row in rows]

    assert found == [("other", "other", "as it was", 1), (*expected, 2)]
