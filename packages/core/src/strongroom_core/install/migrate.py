"""Migrates the database to this release's schema, one process at a time.

The files in `schema/migrations` are the history. Each runs once, in order, in a separate transaction.
Functions and rights describe the current state. They are reapplied together after any migration, and whenever
their definitions change. The table `migration` records both. `migrate` also creates the indexes for search as
soon as the database has pg_trgm.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg  # pyright: ignore[reportMissingTypeStubs]

from strongroom_core import schema
from strongroom_core.db.connection import connect
from strongroom_core.db.failures import failure_of, translated
from strongroom_core.kernel.errors import NotInitialised, StrongroomError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from strongroom_core.db.connection import Connection, OpenConnection

LOCK = 0x5347_4D49_4752_4154
"""The advisory lock for migrations. It is needed because two nodes may start at once."""

FUNCTIONS = 26
"""The version number of this release's functions and rights. It lets older releases recognize newer ones.

Increase it whenever you change their text; `tests/core/install/test_migrate.py` checks that.
"""

_SCHEMA = Path(schema.__file__).parent
_MIGRATIONS = sorted((_SCHEMA / "migrations").glob("*.sql"))
_FUNCTIONS = [*sorted((_SCHEMA / "functions").glob("*.sql")), _SCHEMA / "rights.sql"]
_TRIGRAMS = _SCHEMA / "trigrams.sql"

# This is the same table that Piccolo created, so that databases from before migrations were numbered still
# work.
_TABLE = """
create table if not exists migration (
    id       serial       primary key,
    name     varchar(200) not null default '',
    app_name varchar(200) not null default '',
    ran_on   timestamp    not null default current_timestamp
)
"""

_UNNUMBERED = {
    "2026-11-22T05:00:00",
    "2026-11-22T05:01:00",
    "2026-11-22T06:00:00",
    "2026-11-22T08:09:38",
    "2026-11-22T11:05:19",
    "2026-11-22T11:14:44",
    "2026-11-22T11:19:18",
}
"""Migrations from before migrations were numbered. Together they have the same result as `_THEY_MADE`."""

_THEY_MADE = ("0001_tables", "0002_machines")

# Before the migrations have run, the serving roles can't even access the schema.
_READABLE = """
select exists (
    select from pg_class where relname = 'migration' and relnamespace = 'public'::regnamespace
      and has_schema_privilege('public', 'usage') and has_table_privilege(oid, 'select')
)
"""


class SchemaTooNew(StrongroomError):
    """A newer release has migrated the database. This release could damage it."""

    code = "schema_too_new"


@dataclass(frozen=True, slots=True)
class Difference:
    """How a database differs from this release: pending migrations, and unknown ones that have run."""

    missing: list[str]
    unknown: list[str]

    def require_known(self) -> None:
        """Raise `SchemaTooNew` if the database has run anything unknown to this release."""
        if self.unknown:
            raise SchemaTooNew(
                f"the database has {', '.join(self.unknown)}, unknown to this release; run"
                " the release that migrated it or a newer one, or restore a backup from before that"
            )


async def migrate(owner_url: str) -> list[str]:
    """Run pending migrations, and return their names.

    `owner_url` logs in as `strongroom_owner`. A concurrent caller waits and then finds nothing to do. Raises
    `SchemaTooNew` and `Unavailable`, and `RuntimeError` for a file that fails. That file's changes are rolled
    back.
    """
    connection = await connect(owner_url)
    try:
        with translated():
            await connection.execute("select pg_advisory_lock($1)", LOCK)
            await connection.execute(_TABLE)
            await _number(connection)
            found = await difference(connection)
            found.require_known()
            for path in _MIGRATIONS:
                if path.stem in found.missing:
                    await _run(connection, [path], path.stem)
            if found.missing:
                await _run(connection, _FUNCTIONS, functions_name())
            await connection.execute(_TRIGRAMS.read_text(encoding="utf-8"))
            return found.missing
    finally:
        await connection.close()


def expected_migrations() -> int:
    """Return the number of this release's migrations."""
    return len(_MIGRATIONS)


def functions_name() -> str:
    """Return the name that records this release's functions and rights."""
    return f"functions_{FUNCTIONS:04}_{_hash(_FUNCTIONS)[:16]}"


def fingerprint() -> str:
    """Return a hash of the schema, for use as the cache key of a prepared empty cluster."""
    return hashlib.sha256(
        f"{_TABLE}\0{_hash([*_MIGRATIONS, _TRIGRAMS])}\0{functions_name()}".encode()
    ).hexdigest()


async def require_current(connection: Connection) -> None:
    """Raise `NotInitialised` or `SchemaTooNew` unless the database has this release's schema."""
    found = await difference(connection)
    found.require_known()
    if found.missing:
        raise NotInitialised(
            "the database doesn't have this release's tables; run `strongroom-server migrate`"
        )


async def difference(connection: Connection) -> Difference:
    """Compare the connected database with this release."""
    ran = await ran_migrations(connection)
    wanted = {*(path.stem for path in _MIGRATIONS), functions_name()}
    # A lower number means older functions. The same number means that a developer is changing them.
    older = {
        name for name in ran if name.startswith("functions_") and name[10:14] <= f"{FUNCTIONS:04}"
    }
    return Difference(sorted(wanted - ran), sorted(ran - wanted - older))


async def ran_migrations(connection: Connection) -> set[str]:
    """Return the names of the migrations that have run in the connected database, if any."""
    if not await connection.fetchval(_READABLE):
        return set()
    return {row["name"] for row in await connection.fetch("select name from migration")}


async def _number(connection: OpenConnection) -> None:
    """In a database in which all unnumbered migrations have run, record the numbered ones instead."""
    if await ran_migrations(connection) >= _UNNUMBERED:
        async with connection.transaction():
            await connection.execute("delete from migration where name = any($1)", [*_UNNUMBERED])
            for name in _THEY_MADE:
                await _remember(connection, name)


async def _run(connection: OpenConnection, paths: Iterable[Path], name: str) -> None:
    try:
        async with connection.transaction():
            for path in paths:
                await connection.execute(path.read_text(encoding="utf-8"))
            await _remember(connection, name)
    except asyncpg.PostgresError as error:
        if failure_of(error) is not None:
            raise
        # PostgreSQL's own message could quote a row.
        reason = type(error).__name__
        raise RuntimeError(f"{name} failed and was rolled back: {reason}") from None


async def _remember(connection: Connection, name: str) -> None:
    if name.startswith("functions_"):
        await connection.execute("delete from migration where name like 'functions%'")
    await connection.execute(
        "insert into migration (name, app_name) values ($1, 'strongroom')", name
    )


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
