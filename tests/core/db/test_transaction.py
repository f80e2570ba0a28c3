"""Transactions always end cleanly, and their errors reveal nothing about rows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.db.engine import Database
from strongroom_core.db.failures import UnplannedFailure
from strongroom_core.db.scope import Role
from strongroom_core.kernel.errors import Busy, Invalid, Unavailable
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import list_applications
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, make_operator

CONNECTIONS = 2

REFUSE_AT_COMMIT = """
create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
create constraint trigger refuse after insert on application deferrable initially deferred
    for each row execute function refuse();
"""

END_AT_COMMIT = REFUSE_AT_COMMIT.replace(
    "raise exception 'no'", "perform pg_terminate_backend(pg_backend_pid()); return null"
).replace("plpgsql", "plpgsql security definer")

INSERT = """
insert into application (vault, id, name, name_folded, created_at)
values ($1, $2, $3, $3, clock_timestamp())
"""


@pytest.fixture
async def small(settings: Settings, cluster: Cluster) -> AsyncIterator[Core]:
    """A core with two connections, so that a leaked one is noticed immediately."""
    core = await open_core(replace(settings, database_connections=CONNECTIONS))
    await unseal(core, cluster.root)
    yield core
    await core.database.close()


@pytest.fixture
async def ada(small: Core, cluster: Cluster, markers: Markers) -> Person:
    return await make_operator(small, cluster.initialised.setup_token, markers)


def idle(core: Core) -> int:
    return core.database._pool.get_idle_size()


async def test_a_failed_commit_gives_the_connection_back(
    small: Core, ada: Person, administrator: OpenConnection
) -> None:
    """L-2: if COMMIT itself fails, nothing remains of the act, its event or its transaction."""
    await administrator.execute(REFUSE_AT_COMMIT)
    before = await administrator.fetchval("select count(*) from audit_entry")
    for number in range(3 * CONNECTIONS):
        with pytest.raises(UnplannedFailure):
            await create_application(
                small, ada.caller(small), name=f"shop {number}", environments=[]
            )

        assert small.database._under_way == set()
    after = await administrator.fetchval("select count(*) from audit_entry")
    project = await create_project(small, ada.caller(small), name="billing")
    applications = await list_applications(small, ada.caller(small), PageRequest())

    assert project.name == "billing"
    assert applications.items == []
    assert before == after
    assert idle(small) == CONNECTIONS


async def test_a_connection_lost_during_commit(
    small: Core, ada: Person, administrator: OpenConnection
) -> None:
    """L-2: if the response to COMMIT is lost, the error doesn't claim that nothing was changed."""
    await administrator.execute(END_AT_COMMIT)
    with pytest.raises(Unavailable, match="Check whether this was saved"):
        await create_application(small, ada.caller(small), name="shop", environments=[])


async def test_a_table_that_was_changed_meanwhile(
    small: Core, ada: Person, administrator: OpenConnection
) -> None:
    """H-2: a statement prepared before `migrate` fails once, with a hint to try again, and then works."""

    async def look() -> list[str]:
        async with small.database.transaction(ada.vault) as connection:
            return [row["id"] for row in await connection.fetch("select * from application")]

    await look()
    await administrator.execute("alter table application add column later integer")
    with pytest.raises(Busy):
        await look()

    assert await look() == []


async def test_a_canceled_transaction_returns_its_connection(small: Core, ada: Person) -> None:
    """H-3: a request canceled inside a transaction leaks no connection, and nothing of it remains."""
    for number in range(3 * CONNECTIONS):
        inside = asyncio.Event()

        async def hold(name: str, inside: asyncio.Event) -> None:
            async with small.database.transaction(ada.vault) as connection:
                await connection.execute(INSERT, ada.vault, name, name)
                inside.set()
                await asyncio.Event().wait()

        task = asyncio.create_task(hold(f"app_{number}", inside))
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with small.database.transaction(ada.vault) as connection:
        left = await connection.fetchval("select count(*) from application")

    assert left == 0
    assert idle(small) == CONNECTIONS


async def test_transactions_do_not_nest(core: Core, owner: Person, other_owner: Person) -> None:
    """V-7: a nested transaction is rejected, because it could commit without the outer one."""
    async with core.database.transaction(owner.vault) as connection:
        with pytest.raises(RuntimeError, match="nest"):
            async with core.database.transaction(other_owner.vault):
                pytest.fail("the inner transaction began")
        await connection.execute(INSERT, owner.vault, "app_x", "x")
        vault = await connection.fetchval("select id from vault")
    async with core.database.transaction(owner.vault) as connection:
        there = await connection.fetchval("select count(*) from application")

    assert vault == owner.vault
    assert there == 1


async def test_a_violated_constraint_is_named_without_the_row(core: Core, owner: Person) -> None:
    """E-5: PostgreSQL's message quotes the row; ours names only the constraint."""
    quoted = "quoted"
    with pytest.raises(UnplannedFailure) as caught:
        async with core.database.transaction(owner.vault) as connection:
            await connection.execute(INSERT, owner.vault, "app_1", quoted)
            await connection.execute(INSERT, owner.vault, "app_2", quoted)

    assert str(caught.value) == (
        "the database rejected a statement: UniqueViolationError"
        " by application_vault_name_folded_key"
    )
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 101])
async def test_text_that_cannot_be_stored_is_invalid(core: Core, owner: Person, text: str) -> None:
    """E-5: text that PostgreSQL or the driver rejects is invalid input, not a server failure."""
    with pytest.raises(Invalid) as caught:
        async with core.database.transaction(owner.vault) as connection:
            await connection.execute(INSERT, owner.vault, "app_1", text)

    assert text not in str(caught.value)


async def test_a_timed_out_statement_can_be_retried(core: Core, owner: Person) -> None:
    """H-3: a statement that times out gives an error that asks the caller to retry."""
    with pytest.raises(Busy):
        async with core.database.transaction(owner.vault) as connection:
            await connection.execute("set local statement_timeout = '1ms'")
            await connection.execute("select pg_sleep(30)")


async def test_a_lost_connection_is_replaced(
    small: Core, ada: Person, administrator: OpenConnection
) -> None:
    """H-3: a connection that dies during an act fails that act, and the next act gets another one."""
    with pytest.raises(Unavailable):
        async with small.database.transaction(ada.vault) as connection:
            pid = await connection.fetchval("select pg_backend_pid()")
            await administrator.execute("select pg_terminate_backend($1)", pid)
            await connection.fetchval("select pg_sleep(10)")
    async with small.database.transaction(ada.vault) as connection:
        assert await connection.fetchval("select id from vault") == ada.vault


async def test_no_server_is_unavailable() -> None:
    """H-3: an unreachable database is reported as such, without repeating its URL."""
    with pytest.raises(Unavailable) as caught:
        await Database.open("postgresql://nobody:word@127.0.0.1:1/none", role=Role.APP)

    assert "word" not in str(caught.value)


async def test_sessions_have_limits(core: Core) -> None:
    """H-3: no statement, lock or abandoned transaction of the server can block others forever."""
    async with core.database.transaction(None) as connection:
        limits = {
            name: await connection.fetchval("select current_setting($1)", name)
            for name in (
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "TimeZone",
                "search_path",
            )
        }

    assert limits == {
        "statement_timeout": "30s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "1min",
        "TimeZone": "UTC",
        "search_path": "public",
    }


async def test_the_transaction_is_not_readable_without_the_pool(settings: Settings) -> None:
    """H-3: after the database is closed, no statement is attempted."""
    core = await open_core(settings)
    await core.database.close()
    with pytest.raises(Unavailable):
        async with core.database.transaction(None):
            pytest.fail("a transaction began")


async def test_a_use_case_can_catch_the_original_error(core: Core, owner: Person) -> None:
    """V-3: inside the block a use case sees PostgreSQL's own error and can turn it into a message."""
    async with core.database.transaction(owner.vault) as connection:
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.execute("select * from nothing")
