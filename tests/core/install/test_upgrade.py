"""A database of the last release without numbered migrations works under this one (H-2)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from strongroom_core.accounts.sessions import authenticate_person
from strongroom_core.audit.list import list_entries
from strongroom_core.core import Core
from strongroom_core.crypto.root import RootKey
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.install.migrate import migrate
from strongroom_core.kernel.ids import AccountId, SecretId, VaultId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.overview.search import search
from strongroom_core.projects.listing import list_projects
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.secrets.listing import list_secrets, list_trash
from strongroom_core.secrets.trash import restore_secret
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.contents import contents
from strongroom_testkit.machine import TestMachine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, visitor
from strongroom_testkit.sign_in import log_in
from strongroom_testkit.world import World

DUMP = Path(__file__).with_name("database_of_5d96661.sql")

ROOT = bytes(range(32))
MACHINE = TestMachine(
    UUID("573171fb-fead-48d8-b003-3ef13d146ca1"), SigningKey(bytes(range(32, 64)))
)
ADA = Person(
    "ada@example.org",
    "ada",
    "a password kept with the old database",
    AccountId("acc_cbzprsxkybl2zs53"),
    VaultId("vault_rb3llhtorbvuupis"),
)
API_KEY = SecretId("sk_arxtqnuoymtseo7q")

# A null ACL means the default privileges; a dump or a `revoke` makes them explicit.
RIGHTS = (
    "array(select a::text from unnest(coalesce({0}, acldefault('{1}', {2}))) a order by 1)::text"
)

CATALOGUE = {
    "schema": f"""
        select concat_ws(' ', nspname, nspowner::regrole, {RIGHTS.format("nspacl", "n", "nspowner")})
        from pg_namespace where nspname = 'public'""",
    "relations": f"""
        select concat_ws(' ', relkind, relname, relowner::regrole, relrowsecurity, relforcerowsecurity,
            reloptions, {RIGHTS.format("relacl", "r", "relowner")})
        from pg_class where relnamespace = 'public'::regnamespace and relkind <> 'i'""",
    # Columns are numbered by rank, because a dropped column leaves a gap in attnum.
    "columns": """
        select concat_ws(' ', a.attrelid::regclass,
            rank() over (partition by a.attrelid order by a.attnum), a.attname,
            format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
            a.attstorage, a.attcollation::regcollation, a.attacl, pg_get_expr(d.adbin, d.adrelid))
        from pg_attribute a join pg_class c on c.oid = a.attrelid
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
          and a.attnum > 0 and not a.attisdropped""",
    "constraints": """
        select concat_ws(' ', conrelid::regclass, conname, convalidated, pg_get_constraintdef(oid))
        from pg_constraint where connamespace = 'public'::regnamespace""",
    "indexes": """
        select pg_get_indexdef(indexrelid) from pg_index join pg_class c on c.oid = indexrelid
        where c.relnamespace = 'public'::regnamespace and indisvalid""",
    "functions": f"""
        select concat_ws(' ', proowner::regrole, {RIGHTS.format("proacl", "f", "proowner")},
            pg_get_functiondef(oid))
        from pg_proc where pronamespace = 'public'::regnamespace""",
    "policies": """
        select concat_ws(' ', tablename, policyname, permissive, roles, cmd, qual, with_check)
        from pg_policies where schemaname = 'public'""",
    "triggers": """
        select pg_get_triggerdef(t.oid) from pg_trigger t join pg_class c on c.oid = tgrelid
        where c.relnamespace = 'public'::regnamespace and not tgisinternal""",
    "types": """
        select t.typname from pg_type t
        where t.typnamespace = 'public'::regnamespace and t.typrelid = 0 and t.typelem = 0""",
    "default rights": "select defaclacl::text from pg_default_acl",
}


CASTS = re.compile(r"::(text|character varying)(\[\])?|[()]")
"""The parts of a constraint's list of strings that PostgreSQL reorders when it loads its own dump."""


async def catalogue(administrator: OpenConnection) -> dict[str, list[str]]:
    """Return all that PostgreSQL's catalog contains about our schema, as sorted lines."""
    return {
        what: sorted(
            CASTS.sub("", row["line"]) if what == "constraints" else row["line"]
            for row in await administrator.fetch(f"select line from ({query}) _(line)")
        )
        for what, query in CATALOGUE.items()
    }


ADDED = {
    "member": {"revision": "1"},
    "vault": {"allowlist_enabled": "false", "second_factor_required": "false", "revision": "1"},
    "account": {"email_confirmed": "false"},
    "account_token": {"mailed": "false"},
    "session": {"second_factor": "false"},
    "device": {"address": "''", "user_agent": "''"},
    "project": {"frozen_by_canary": "false"},
    "secret": {"armed": "false", "freezes": "false", "cascades": "false"},
}
"""Columns that migrations added, and the value that each has in every row."""


@pytest.fixture
async def old(cluster: Cluster, empty: str) -> AsyncIterator[OpenConnection]:
    """An administrator's connection to the old database, before this release has migrated it."""
    restoring = await connect(cluster.administrator_url(empty))
    await restoring.execute(DUMP.read_text())
    await restoring.close()  # A dump sets an empty search path.
    administrator = await connect(cluster.administrator_url(empty))
    yield administrator
    await administrator.close()


@pytest.fixture
async def migrated(cluster: Cluster, empty: str, old: OpenConnection) -> AsyncIterator[Core]:
    """A core on the old database, after this release has migrated it."""
    assert old is not None
    await migrate(cluster.url(empty, "strongroom_owner"))
    # Its rows were written in another cluster; test_restored checks whether that is detected.
    core = await open_core(Settings(database_url=cluster.url(empty)), restoring=True)
    await unseal(core, RootKey(ROOT))
    yield core
    await core.database.close()


async def test_an_old_database_gets_the_schema_of_a_fresh_one(
    cluster: Cluster, empty: str, old: OpenConnection, administrator: OpenConnection
) -> None:
    """H-2: an upgraded database has the same catalog as a new one, and no vault's rows were changed."""
    changed = ("migration", "deployment", "read_tally", "clock_reading", "clock_doubt")
    before = await contents(old, *changed, across_releases=True)
    await migrate(cluster.url(empty, "strongroom_owner"))
    found, expected = await catalogue(old), await catalogue(administrator)

    assert {what for what, each in expected.items() if not each} == {"types", "default rights"}
    for what, each in expected.items():
        assert found[what] == each, what
    # Their defaults aren't null, so the hashes of the tables would differ.
    for table, columns in ADDED.items():
        for column, value in columns.items():
            assert await old.fetchval(f"select bool_and({column} = {value}) from {table}")
            await old.execute(f"alter table {table} drop column {column}")
    after = await contents(old, *changed, across_releases=True)
    added = {name: told for name, told in after.items() if name not in before}
    assert {name: after[name] for name in before} == before
    # Each vault that has events gets a position in its log, so that alerts begin with the next event.
    positions = added.pop("alert_state")[0]
    assert added.pop("plan")[0] == 1
    assert positions == await old.fetchval("select count(distinct vault) from audit_entry")
    assert {rows for rows, _ in added.values()} <= {0}


async def test_data_of_an_old_database_can_be_read(migrated: Core, markers: Markers) -> None:
    """H-2: people find their secrets, and a machine reads a value that was stored before the upgrade."""
    world = World(migrated, ADA, markers)
    projects = await list_projects(migrated, world.owner, PageRequest())
    billing = next(each for each in projects.items if each.name == "billing")
    secrets = await list_secrets(migrated, world.owner, billing.id, PageRequest())
    entries = await list_entries(migrated, world.owner, PageRequest())
    found = await search(migrated, world.owner, "bill")
    read = await read_secret_value(migrated, await MACHINE.caller(world), API_KEY)

    assert [each.name for each in projects.items] == ["billing", "frozen", "production", "staging"]
    assert [each.freeze_reason for each in projects.items if each.frozen_at] == [
        "a laptop was lost"
    ]
    assert [each.name for each in secrets.items] == ["API_KEY", "DATABASE"]
    assert {"secret_read", "project_freeze", "grants_set"} <= {
        each.action for each in entries.items
    }
    assert [each.name for each in found] == ["billing"]
    assert (read.version, read.value.reveal()) == (2, b"the second value")


async def test_an_old_database_is_worked_with(migrated: Core, markers: Markers) -> None:
    """H-2: the owner signs in with the old password, restores a deleted secret, and creates new ones."""
    person = ADA
    logged_in = await log_in(
        migrated, visitor(), email=person.email, password=person.password, device_token=None
    )
    human = await authenticate_person(migrated, logged_in.token, visitor().origin)
    world = World(migrated, person, markers)
    trash = await list_trash(migrated, human, PageRequest())
    gone = next(each for each in trash.items if each.name == "GONE")
    back = await restore_secret(migrated, human, SecretId(gone.id))
    made = await world.secret(await world.project("new"), "TOKEN", "a new value")

    assert back.name == "GONE"
    assert await world.open_value(made.id) == "a new value"
