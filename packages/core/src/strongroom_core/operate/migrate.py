"""Bring the database to the schema of this release, one process at a time."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os

from piccolo.apps.migrations.commands.forwards import ForwardsMigrationManager
from piccolo.apps.migrations.tables import Migration

from strongroom_core.db.connection import Connection, connect
from strongroom_core.db.engine import PooledEngine
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.schema import piccolo_app, piccolo_conf
from strongroom_core.schema.sql_migration import FOLDER

LOCK = 0x5347_4D49_4752_4154
"""The advisory lock of migrations: Piccolo takes none, and two nodes may start at once."""

# Before the migrations the serving roles may not even look into the schema.
_READABLE = """
select exists (
    select from pg_class where relname = 'migration' and relnamespace = 'public'::regnamespace
      and has_schema_privilege('public', 'usage') and has_table_privilege(oid, 'select')
)
"""


async def migrate(owner_url: str) -> list[str]:
    """Run the migrations that have not run yet, and return their ids.

    `owner_url` logs in as `strongroom_owner`. A second caller waits for the first and then finds
    nothing to do. Raises `RuntimeError` when Piccolo reports a failure; a migration that fails
    leaves nothing behind.
    """
    connection = await connect(owner_url)
    try:
        await connection.execute("select pg_advisory_lock($1)", LOCK)
        before = await ran_migrations(connection)
        await _run_piccolo(owner_url)
        await connection.execute("grant select on migration to strongroom_app, strongroom_blind")
        return sorted(await ran_migrations(connection) - before)
    finally:
        await connection.close()


def expected_migrations() -> int:
    """Return how many migrations this release has."""
    return len(list(FOLDER.glob("strongroom_*.py")))


def fingerprint() -> str:
    """Return a hash of the schema, by which a prepared empty cluster can be cached."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in (".py", ".sql"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


async def require_current(connection: Connection) -> None:
    """Raise `NotInitialised` unless the connected database has this release's schema."""
    ran = await ran_migrations(connection)
    if len(ran) < expected_migrations():
        raise NotInitialised(
            "the database has not got this release's tables: run `strongroom-server migrate`"
        )


async def ran_migrations(connection: Connection) -> set[str]:
    """Return the ids of the migrations the connected database has; none before the first."""
    if not await connection.fetchval(_READABLE):
        return set()
    return {row["name"] for row in await connection.fetch("select name from migration")}


async def _run_piccolo(owner_url: str) -> None:
    os.environ["PICCOLO_CONF"] = piccolo_conf.__name__
    engine = PooledEngine(config={"dsn": owner_url})
    piccolo_conf.DB = engine
    Migration._meta.db = engine  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- Piccolo offers no other way to bind a table
    manager = ForwardsMigrationManager(app_name="strongroom")
    with contextlib.redirect_stdout(io.StringIO()):
        await manager.create_migration_table()
        result = await manager.run_migrations(piccolo_app.APP_CONFIG)
    if not result.success:
        raise RuntimeError("a migration failed; nothing of it remains")
