"""*Blind* can store values but not read them, no matter what SQL it runs (G-1)."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
import pytest

from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.db.engine import Database
from strongroom_core.db.failures import UnplannedFailure
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.markers import Markers
from strongroom_testkit.world import World

READS = [
    "select * from secret_material",
    "select ciphertext from secret_material",
    "select data_key from secret_material",
    "select id from secret_material",
    "select count(*) from secret_material",
    "select 1 from secret_material",
    "select secret_material from secret_material",
    "select to_jsonb(m) from secret_material m",
    "table secret_material",
    "select m.ciphertext from secret_version v join secret_material m on m.id = v.material",
    "select (select ciphertext from secret_material limit 1)",
    "select name from secret s where exists (select from secret_material m where m.secret = s.id)",
    "with m as (select * from secret_material) select * from m",
    "with m as (delete from secret_material returning *) select * from m",
    "select * from secret_material for update",
    "select string_agg(ciphertext, '') over () from secret_material",
    "declare c cursor for select * from secret_material",
    "explain analyze select * from secret_material",
    "do $$ begin perform ciphertext from secret_material; end $$",
    "create temp table mine as select * from secret_material",
    "select * into temp mine from secret_material",
    "create view mine as select * from secret_material",
    "copy secret_material to '/tmp/out'",
    "copy secret_material (ciphertext) to program 'cat'",
    "lock table secret_material in share mode",
]

WRITES = [
    "insert into secret_material select * from secret_material",
    "update secret_material set data_key = ciphertext",
    "update secret_material set created_at = created_at returning ciphertext",
    "update secret s set note = 'x' from secret_material m where m.secret = s.id",
    "delete from secret_material",
    "delete from secret_material returning *",
    "truncate secret_material",
    "merge into secret_material t using secret s on t.secret = s.id when matched then delete",
]

POWERS = [
    "alter table secret_material disable row level security",
    "alter table secret_material owner to strongroom_blind",
    "alter table secret_material rename to mine",
    "drop table secret_material",
    "create table mine (x int)",
    "create function mine() returns int language sql security definer return 1",
    "create policy mine on secret_material using (true)",
    "create trigger mine after insert on secret_material execute function tsvector_update_trigger()",
    "grant strongroom_app to strongroom_blind",
    "set session authorization strongroom_owner",
    "alter role strongroom_blind superuser",
    "select found_vault('v', 'personal', 'n', 'm', 'a', now())",
    "select due_purges(now(), 1)",
    "select due_outbox(now(), 1)",
    "select pg_read_file('PG_VERSION')",
    "select pg_ls_dir('.')",
    "select * from pg_authid",
    "select * from pg_statistic",
]

KEYS_AND_PEOPLE = [
    "root_key",
    "system_key",
    "account",
    "account_token",
    "session",
    "device",
    "rate_count",
    "public_key",
    "lockout",
    "read_tally",
]

PUT_IN = """
insert into secret_material (vault, id, project, secret, project_key, data_key, ciphertext, created_at)
select vault, $1, project, id, $2, $3, $3, created_at from secret
"""


async def outcomes(
    database: Database, vault: VaultId, statements: Sequence[str]
) -> dict[str, str | None]:
    """Run each statement in a separate transaction, and return its result: an error's name, or None."""
    results: dict[str, str | None] = {}
    for statement in statements:
        results[statement] = None
        try:
            async with database.transaction(vault) as connection:
                await connection.execute(statement)
        except UnplannedFailure as failure:
            results[statement] = str(failure).rpartition(" ")[2]
    return results


@pytest.mark.parametrize("statements", [READS, WRITES, POWERS], ids=["reads", "writes", "powers"])
async def test_blind_reads_no_ciphertext(
    blind: Database, populated: World, statements: list[str]
) -> None:
    """G-1: no statement run as *blind* returns, copies, changes or removes a stored value."""
    refused = await outcomes(blind, populated.person.vault, statements)

    assert refused == dict.fromkeys(statements, "InsufficientPrivilegeError")


async def test_app_can_run_the_statements_denied_to_blind(core: Core, populated: World) -> None:
    """G-1: the same statements work for *app*, so the errors in the other test come from the role."""
    plain = [each for each in READS if each.startswith(("select", "table", "declare", "explain"))]
    plain.remove("select * into temp mine from secret_material")
    worked = await outcomes(core.database, populated.person.vault, plain)

    assert worked == dict.fromkeys(plain)
    assert len(plain) > 12


async def test_blind_copies_no_ciphertext_out(blind: Database, populated: World) -> None:
    """G-1: COPY to the client is denied as well."""
    for copy in ("copy_from_table", "copy_from_query"):
        source = "secret_material" if copy == "copy_from_table" else "table secret_material"
        with pytest.raises(UnplannedFailure, match="InsufficientPrivilegeError"):
            async with blind.transaction(populated.person.vault) as connection:
                await getattr(connection, copy)(source, output=io.BytesIO())


async def test_blind_puts_a_value_in(
    blind: Database, populated: World, administrator: OpenConnection
) -> None:
    """G-6: *blind* can insert material, but RETURNING doesn't return even its own."""
    vault = populated.person.vault
    key = await administrator.fetchval(
        "select k.id from project_key k join secret s on s.vault = k.vault and s.project = k.project"
        " where k.vault = $1",
        vault,
    )
    before = await administrator.fetchval("select count(*) from secret_material")
    async with blind.transaction(vault) as connection:
        await connection.execute(PUT_IN, "mat_blind", key, random_bytes(60))
    after = await administrator.fetchval("select count(*) from secret_material")

    assert after == before + 1
    for returning in ("ciphertext", "*", "id"):
        with pytest.raises(UnplannedFailure, match="InsufficientPrivilegeError"):
            async with blind.transaction(vault) as connection:
                await connection.execute(
                    f"{PUT_IN} returning secret_material.{returning}", "mat_2", key, b"x"
                )
    with pytest.raises(UnplannedFailure, match="InsufficientPrivilegeError"):
        async with blind.transaction(vault) as connection:
            await connection.execute(
                f"{PUT_IN} on conflict (id) do update set data_key = excluded.ciphertext",
                "mat_blind",
                key,
                b"x",
            )


async def test_blind_reads_no_keys_and_no_credentials(blind: Database, populated: World) -> None:
    """G-1: root keys, system keys, password hashes, tokens and counters are inaccessible as well."""
    statements = [
        f"{what} {table}"
        for table in KEYS_AND_PEOPLE
        for what in ("select * from", "select count(*) from", "delete from", "truncate")
    ]
    refused = await outcomes(blind, INSTALLATION, statements)

    assert refused == dict.fromkeys(statements, "InsufficientPrivilegeError")


async def test_lookups_return_neither_hashes_nor_material(administrator: OpenConnection) -> None:
    """G-1: the functions that *blind* can call return neither hashes nor key material."""
    returned = await administrator.fetch(
        "select p.proname as function, unnest(p.proargnames) as name from pg_proc p"
        " where p.pronamespace = 'public'::regnamespace"
        " and has_function_privilege('strongroom_blind', p.oid, 'execute')"
    )
    names = {row["name"] for row in returned}

    assert names.isdisjoint(
        {"password_hash", "token_hash", "ciphertext", "data_key", "wrapped", "check_value"}
    )
    assert {row["function"] for row in returned} >= {"session_by_hash", "vaults_of"}


async def test_one_login_role_can_switch_to_app(blind: Database, populated: World) -> None:
    """G-1: the login role is a member of both roles, so a compromised process can switch between them.

    `docs/design/tenancy.md` says so. For stronger isolation, a process logs in as a member of
    *blind* alone.
    """
    async with blind.transaction(populated.person.vault) as connection:
        await connection.execute("set local role strongroom_app")
        seen = await connection.fetchval("select count(*) from secret_material")

    assert seen > 0


@asynccontextmanager
async def blind_only(cluster: Cluster, database: str, markers: Markers) -> AsyncGenerator[Any]:
    """A connection with a login role that is a member of *blind* and nothing else."""
    name, password = f"viewer_{random_bytes(4).hex()}", markers.note(random_bytes(16).hex())
    administrator = await connect(cluster.administrator_url(database))
    try:
        await administrator.execute(
            f"create role {name} login password '{password}'; grant strongroom_blind to {name}"
        )
        url = cluster.postgres.dsn(user=name, password=password, database=database)
        connection = await connect(url)
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await administrator.execute(f"drop role {name}")
        await administrator.close()


async def test_a_login_role_of_blind_only_cannot_switch(
    cluster: Cluster, database: str, populated: World, markers: Markers
) -> None:
    """G-1: a process that logs in as a member of *blind* only has no access to values at all."""
    changes = [
        f"set role {role}"
        for role in ("strongroom_app", "strongroom_owner", "strongroom", "strongroom_jobs")
    ]
    async with blind_only(cluster, database, markers) as connection:
        await connection.execute(
            "select set_config('strongroom.vault', $1, false)", populated.person.vault
        )
        secrets = await connection.fetchval("select count(*) from secret")

        assert secrets > 0
        for statement in READS + WRITES + POWERS + changes:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                async with connection.transaction():
                    await connection.execute(statement)
