"""Checks a database: version, settings, roles, row-level security, schema, clock.

Read-only. All checks use the serving processes' login role, so they see what those processes see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.db.connection import is_pooled
from strongroom_core.db.engine import Database
from strongroom_core.db.failures import SILENT, UnplannedFailure
from strongroom_core.db.scope import Role
from strongroom_core.doctor.examine_clock import examine_clock, examine_clock_history
from strongroom_core.doctor.examine_settings import examine_settings
from strongroom_core.doctor.examine_worker import examine_due_work, examine_worker
from strongroom_core.doctor.finding import Finding, ok, problem, warning
from strongroom_core.install.migrate import difference, expected_migrations, ran_migrations
from strongroom_core.install.restored import FromAnotherCluster, require_own_cluster
from strongroom_core.install.roles import LOGINS
from strongroom_core.kernel.clock import wall_clock
from strongroom_core.kernel.errors import Busy, StrongroomError, Unavailable
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.runtime.measure import age_of
from strongroom_core.runtime.unseal import RootFacts

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection, Row

LOGIN = "strongroom"
SERVING = (LOGIN, Role.APP.value, Role.BLIND.value)
NOTE_WARNING = 600.0
"""How many seconds a note may wait in the outbox."""

_ROLES = """
select rolname as name, rolsuper as "SUPERUSER", rolbypassrls as "BYPASSRLS",
       rolcreaterole as "CREATEROLE", rolcreatedb as "CREATEDB", rolreplication as "REPLICATION",
       (select count(*) from pg_class where relowner = r.oid and relkind in ('r', 'p')) as tables
from pg_roles r where rolname = any($1::text[]) or rolname = session_user
"""
_POWERS = ("SUPERUSER", "BYPASSRLS", "CREATEROLE", "CREATEDB", "REPLICATION")

_TABLES = """
select relname as name, relrowsecurity as protected from pg_class c
where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
  and (relname = 'vault' or exists (
      select from pg_attribute where attrelid = c.oid and attname = 'vault' and not attisdropped))
order by 1
"""


@dataclass(frozen=True, slots=True)
class Examined:
    """The findings, and the facts about the root key if the database contains them."""

    findings: list[Finding]
    root: RootFacts | None = None


async def examine_named(url: str) -> Examined:
    """Check the database at a URL that logs in as `strongroom`. For use when no server is running."""
    try:
        database = await Database.open(url, role=Role.APP, connections=2)
    except (StrongroomError, UnplannedFailure) as error:
        return Examined([_away(error)])
    try:
        return await examine(database)
    finally:
        await database.close()


async def examine(database: Database) -> Examined:
    """Check an open database. A failed query is a finding, never an error."""
    findings: list[Finding] = []
    root = None
    try:
        async with database.transaction(None) as connection:
            findings += await examine_settings(connection)
            findings.append(await _path(connection))
            findings.append(await _clock(connection))
            findings += await _roles(connection)
            schema = await _schema(connection)
            findings += schema
            if all(each.grade == "ok" for each in schema):
                findings.append(await _outbox(connection))
                findings += await examine_worker(connection)
                findings.append(await examine_due_work(connection))
        async with database.transaction(INSTALLATION) as connection:
            if await ran_migrations(connection):
                found, root = await _installation(connection)
                findings.append(found)
            if root is not None:
                findings += await examine_clock_history(connection)
    except (StrongroomError, UnplannedFailure) as error:
        findings.append(_away(error))
    return Examined(findings, root)


async def clock_findings(database: Database) -> list[str]:
    """Return the findings about the clock, each with its remedy. Raises `Unavailable`."""
    async with database.transaction(INSTALLATION) as connection:
        findings = [await _clock(connection), *await examine_clock_history(connection)]
    return [f"{each.says}{f' -> {each.hint}' if each.hint else ''}" for each in findings]


def _away(error: Exception) -> Finding:
    if isinstance(error, Busy):
        error = SILENT.error()
    if isinstance(error, Unavailable):
        return problem("database", error.reason, error.remedy)
    reason = error.message if isinstance(error, StrongroomError) else str(error)
    return problem("database", reason, "check what PostgreSQL is doing, and read its log")


async def _path(connection: Connection) -> Finding:
    """Check that nothing between here and PostgreSQL drops the session's settings and prepared statements."""
    if not await is_pooled(connection):
        return ok("connection pooler", "none between this server and PostgreSQL")
    return problem(
        "connection pooler",
        "a pooler such as PgBouncer is between this server and PostgreSQL: time limits and the search path"
        " don't reach PostgreSQL, and requests can fail",
        "point the database URLs at PostgreSQL itself; the server pools its connections",
    )


async def _clock(connection: Connection) -> Finding:
    now = await connection.fetchval("select clock_timestamp()")
    return examine_clock((now - wall_clock()).total_seconds())


async def _roles(connection: Connection) -> list[Finding]:
    """Check whether a serving role could bypass row-level security."""
    wanted = {*SERVING, *LOGINS}
    rows = {row["name"]: row for row in await connection.fetch(_ROLES, sorted(wanted))}
    findings: list[Finding] = []
    if missing := sorted(wanted - set(rows)):
        findings.append(
            problem(
                "roles",
                f"missing roles: {', '.join(missing)}",
                "have a DBA run the SQL that `strongroom-server init` prints",
            )
        )
    for name, row in sorted(rows.items()):
        findings += _role_attributes(name, row)
    user = await connection.fetchval("select session_user")
    if user != LOGIN:
        hint = f"use the login role {LOGIN} in DATABASE_URL"
        findings.append(problem("roles", f"the server logs in as {user}", hint))
    if await connection.fetchval(
        "select coalesce(bool_or(pg_has_role(m.oid, o.oid, 'member')), false)"
        " from pg_roles m, pg_roles o where m.rolname = $1 and o.rolname = $2",
        LOGIN,
        Role.OWNER.value,
    ):
        hint = f"revoke {Role.OWNER} from {LOGIN}"
        findings.append(problem("roles", f"{LOGIN} can act as the owner of the tables", hint))
    if not findings:
        findings = [ok("roles", "the serving roles don't own any tables or have excess privileges")]
    return findings


def _role_attributes(name: str, row: Row) -> list[Finding]:
    if name == Role.OWNER:
        powers = ["SUPERUSER"] if row["SUPERUSER"] else []
    else:
        powers = [power for power in _POWERS if row[power]]
    findings = [
        problem("roles", f"{name} is {power}", f"alter role {name} NO{power}") for power in powers
    ]
    if name in SERVING and row["tables"]:
        hint = f"reassign everything that {name} owns to {Role.OWNER}"
        findings.append(problem("roles", f"{name} owns {row['tables']} tables", hint))
    return findings


async def _schema(connection: Connection) -> list[Finding]:
    found = await difference(connection)
    if found.unknown:
        return [
            problem(
                "schema",
                f"the database has {', '.join(found.unknown)}, unknown to this release",
                "run the release that migrated it, or a newer one",
            )
        ]
    if found.missing:
        return [
            problem(
                "schema",
                f"pending migrations: {', '.join(found.missing)}",
                "run `strongroom-server migrate`, or, on a new database, `strongroom-server init`",
            )
        ]
    rows = await connection.fetch(_TABLES)
    bare = [row["name"] for row in rows if not row["protected"]]
    if bare:
        return [
            problem(
                "row-level security",
                f"disabled for {', '.join(bare)}",
                "as strongroom_owner: alter table … enable row level security",
            )
        ]
    return [
        await _search(connection),
        ok("schema", f"all {expected_migrations()} migrations of this release have been run"),
        ok("row-level security", f"enabled for all {len(rows)} tables with a vault"),
    ]


async def _search(connection: Connection) -> Finding:
    """Check whether search has its indexes. Without them, it works, but more slowly."""
    if await connection.fetchval("select to_regclass('secret_trigrams') is not null"):
        return ok("search", "finds any part of a word, using trigram indexes (pg_trgm)")
    return warning(
        "search",
        "the database doesn't have pg_trgm, so a search reads every row in a vault",
        "install PostgreSQL's contrib modules, as an administrator run `create extension pg_trgm` in the"
        " database, then `strongroom-server migrate`",
    )


async def _outbox(connection: Connection) -> Finding:
    now = await connection.fetchval("select clock_timestamp()")
    oldest = await connection.fetchval(
        "select id from due_outbox($1, 1000) order by id limit 1", now
    )
    age = age_of(oldest, now)
    if age <= NOTE_WARNING:
        return ok("outbox", "up to date")
    return warning(
        "outbox",
        f"work that follows a commit has been waiting for {age / 60:.0f} minutes",
        "check that a worker is running (`serve`, or `serve --only worker`), and look at its log",
    )


async def _installation(connection: Connection) -> tuple[Finding, RootFacts | None]:
    row = await connection.fetchrow(
        "select d.id, r.version, r.check_value, r.kdf from deployment d"
        " left join root_key r on r.state = 'active'"
    )
    if row is None or row["version"] is None:
        hint = "run `strongroom-server init`"
        return problem("installation", "the database isn't initialized", hint), None
    try:
        await require_own_cluster(connection)
    except FromAnotherCluster as error:
        hint = "if it was restored from a backup, run `strongroom-server restored`"
        return problem("installation", error.message, hint), None
    facts = RootFacts(row["id"], row["version"], row["check_value"], row["kdf"])
    return ok("installation", f"initialized, root key version {facts.version}"), facts
