"""Row-level security: without a scope no rows are visible; with one, the rows of one vault and no other."""

from __future__ import annotations

import asyncio
import contextvars
import json
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.db.engine import Database
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.schema.tables import TABLES
from strongroom_testkit.people import Person
from strongroom_testkit.world import World

NAMES = [*(table._meta.tablename for table in TABLES), "read_tally"]
OUT_OF_REACH = {"public_key"}
"""Serving roles don't access these directly, but only through `security definer` functions."""

WHO = "select current_user || ' ' || coalesce(current_setting('strongroom.vault', true), '')"
NOT_THERE = ("SELECT 0", "UPDATE 0", "DELETE 0")


def vault_column(table: str) -> str:
    return "id" if table == "vault" else "vault"


async def rows_of(administrator: OpenConnection, table: str) -> dict[VaultId, dict[str, Any]]:
    """Return one row of each vault that has rows, as JSON."""
    column = vault_column(table)
    rows = await administrator.fetch(
        f"select distinct on ({column}) {column} as vault, to_jsonb(t)::text as row from {table} t"
    )
    return {VaultId(row["vault"]): json.loads(row["row"]) for row in rows}


async def outcome(database: Database, vault: VaultId | None, sql: str, *arguments: object) -> str:
    """Return a statement's result: its tag, or the name of its error."""
    try:
        async with database.transaction(vault) as connection:
            try:
                return await connection.execute(sql, *arguments)
            except asyncpg.PostgresError as error:
                return type(error).__name__
    except asyncpg.PostgresError as error:
        return type(error).__name__


@pytest.mark.parametrize("role", ["app", "blind"])
async def test_without_a_vault_no_row_is_visible(
    core: Core,
    blind: Database,
    populated: World,
    administrator: OpenConnection,
    role: str,
) -> None:
    """V-7: a transaction without a vault sees no row of any table, and can't insert one."""
    database = core.database if role == "app" else blind
    for table in NAMES:
        there = await administrator.fetchval(f"select count(*) from {table}")
        seen = await outcome(database, None, f"select * from {table}")
        rows = await rows_of(administrator, table)

        assert there > 0, table
        assert seen in ("SELECT 0", "InsufficientPrivilegeError"), table
        for row in rows.values():
            inserted = await outcome(database, None, *copy_of(table, row))

            assert inserted == "InsufficientPrivilegeError", table


@pytest.mark.parametrize("role", ["app", "blind"])
async def test_no_vault_sees_or_changes_rows_of_another(
    core: Core,
    blind: Database,
    populated: World,
    other_world: World,
    administrator: OpenConnection,
    role: str,
) -> None:
    """V-7: in another vault's scope, a row can't be seen, changed, deleted or added, in any table."""
    database = core.database if role == "app" else blind
    scopes = [INSTALLATION, populated.person.vault, other_world.person.vault]
    tried = 0
    for table in NAMES:
        column = vault_column(table)
        for vault, row in (await rows_of(administrator, table)).items():
            for scope in (each for each in scopes if each != vault):
                results = [
                    await outcome(database, scope, sql, vault)
                    for sql in (
                        f"select * from {table} where {column} = $1",
                        f"update {table} set {column} = {column} where {column} = $1",
                        f"delete from {table} where {column} = $1",
                    )
                ]
                inserted = await outcome(database, scope, *copy_of(table, row))
                tried += 1

                refused = {*NOT_THERE, "InsufficientPrivilegeError"}
                assert set(results) <= refused, (table, scope, results)
                assert inserted == "InsufficientPrivilegeError", (table, scope)

    # Each table contains rows of at least one vault, seen from the other two.
    assert tried >= 2 * len(NAMES)


async def test_rows_are_visible_in_their_own_vault(
    core: Core, populated: World, administrator: OpenConnection
) -> None:
    """V-7: the same rows are visible in their own scope, so the other tests don't pass trivially."""
    for table in (each for each in NAMES if each not in OUT_OF_REACH):
        column = vault_column(table)
        for vault in await rows_of(administrator, table):
            sql = f"select count(*) from {table} where {column} = $1"
            async with core.database.transaction(vault) as connection:
                seen = await connection.fetchval(sql, vault)
            there = await administrator.fetchval(sql, vault)

            assert seen == there > 0, table


async def test_a_row_cannot_be_moved_to_another_vault(
    core: Core, populated: World, other_world: World
) -> None:
    """V-7: a row can't be moved to another vault by changing its vault column."""
    mine, taker = populated.person.vault, other_world.person.vault
    for table in ("application", "project", "secret", "secret_version", "machine", "outbox"):
        moved = await outcome(core.database, mine, f"update {table} set vault = $1", taker)
        kept = await outcome(core.database, mine, f"update {table} set vault = $1", mine)

        assert moved == "InsufficientPrivilegeError", table
        assert kept.startswith("UPDATE "), table


async def test_the_scope_ends_with_the_transaction(core: Core, owner: Person) -> None:
    """V-7: the next user of a pooled connection inherits neither the vault nor the role."""
    async with core.database.transaction(owner.vault) as connection:
        pid = await connection.fetchval("select pg_backend_pid()")
        inside = await connection.fetchval(WHO)

    assert inside == f"strongroom_app {owner.vault}"
    assert (await left_behind(core))[pid] == "strongroom "


@pytest.mark.parametrize("vault", ["", "x', true), set_config('role', 'strongroom", "Vault", "a b"])
async def test_only_an_id_can_be_a_scope(core: Core, vault: str) -> None:
    """V-7: the scope is part of the statement's text, so anything but an ID is rejected first."""
    with pytest.raises(ValueError, match="ID of a vault"):
        async with core.database.transaction(VaultId(vault)):
            pytest.fail("the transaction began")


async def test_the_scope_ends_with_a_failed_transaction(core: Core, owner: Person) -> None:
    """V-7: after a rollback, too, a pooled connection keeps neither vault nor role."""
    pid = 0
    with pytest.raises(ZeroDivisionError):
        async with core.database.transaction(owner.vault) as connection:
            pid = await connection.fetchval("select pg_backend_pid()")
            raise ZeroDivisionError

    assert (await left_behind(core))[pid] == "strongroom "


async def test_the_login_role_has_no_privileges(core: Core, owner: Person) -> None:
    """V-7: a connection used outside our transactions can't even read a table."""
    pool: Any = core.database._pool
    for table in NAMES:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(f"select * from public.{table}")


async def test_two_transactions_at_once_keep_their_scopes(
    core: Core, populated: World, other_world: World
) -> None:
    """V-7: interleaved transactions in one process each see their own vault."""
    one, other = populated.person.vault, other_world.person.vault
    async with core.database.transaction(one) as first:
        before = await first.fetchval("select id from vault")
        seen = await _vault_seen_by_another_task(core, other)
        after = await first.fetchval("select id from vault")

    assert (before, seen, after) == (one, other, one)


async def _vault_seen_by_another_task(core: Core, vault: VaultId) -> str:
    async def look() -> str:
        async with core.database.transaction(vault) as connection:
            return await connection.fetchval("select id from vault")

    # A request's task starts without the other's context, as it does in the server.
    return await asyncio.create_task(look(), context=contextvars.Context())


async def test_a_vault_has_a_name_that_no_missing_scope_equals(
    administrator: OpenConnection,
) -> None:
    """V-7: PostgreSQL returns an unset scope as an empty string, so no vault can have an empty ID."""
    with pytest.raises(asyncpg.CheckViolationError):
        await administrator.execute(
            "insert into vault (id, shape, name, created_at) values ('', 'personal', 'x', $1)",
            await administrator.fetchval("select clock_timestamp()"),
        )


FOREIGN = [
    ("project", "application", "application"),
    ("project_key", "project", "project"),
    ("secret", "project", "project"),
    ("secret_material", "secret", "secret"),
    ("secret_material", "project", "project"),
    ("secret_material", "project_key", "project_key"),
    ("secret_version", "secret", "secret"),
    ("secret_version", "material", "secret_material"),
    ("machine_name", "machine", "machine"),
    ("attachment", "machine", "machine"),
    ("attachment", "project", "project"),
    ("secret_grant", "machine", "machine"),
    ("secret_grant", "secret", "secret"),
    ("secret_grant", "project", "project"),
    ("known_pair", "machine", "machine"),
]


async def test_references_stay_in_their_vault_even_for_the_administrator(
    populated: World, other_world: World, administrator: OpenConnection
) -> None:
    """V-7: even with row-level security bypassed, a row can't reference another vault."""
    mine, theirs = populated.person.vault, other_world.person.vault
    # Their machine is known from the same network as ours. Otherwise a unique key would fail before
    # the foreign key.
    await administrator.execute("delete from known_pair where vault = $1", theirs)
    for table, column, referenced in FOREIGN:
        foreign = await administrator.fetchval(
            f"select id from {referenced} where vault = $1 limit 1", theirs
        )
        own = await administrator.fetchval(
            f"select {column} from {table} where vault = $1 and {column} is not null", mine
        )
        change = f"update {table} set {column} = $2 where vault = $1 and {column} = $3"
        unchanged = await administrator.execute(change, mine, own, own)

        assert unchanged != "UPDATE 0", (table, column)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await administrator.execute(change, mine, foreign, own)


async def left_behind(core: Core) -> dict[int, str]:
    """Return the role and vault of every connection in the pool, by backend."""
    pool: Any = core.database._pool
    held: list[Any] = []
    try:
        held += [await pool.acquire(timeout=10) for _ in range(pool.get_size())]
        return {each.get_server_pid(): await each.fetchval(WHO) for each in held}
    finally:
        for each in held:
            await pool.release(each)


def copy_of(table: str, row: dict[str, Any]) -> tuple[str, str]:
    """Return a statement that inserts this row without its computed columns, and the statement's argument."""
    columns = ", ".join(name for name in row if name not in {"search_text", "variables"})
    source = f"jsonb_populate_record(null::{table}, $1::jsonb)"
    return f"insert into {table} ({columns}) select {columns} from {source}", json.dumps(row)
