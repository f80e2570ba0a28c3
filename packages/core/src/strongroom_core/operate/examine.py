"""Examine a database as an operator would: version, settings, roles, rows' protection, schema, clock.

Reads only. Every check is made as the log-in of the serving processes, so it finds what they would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.db.engine import Database, UnplannedFailure
from strongroom_core.db.scope import Role
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.operate.examine_settings import examine_settings
from strongroom_core.operate.finding import Finding, ok, problem, warning
from strongroom_core.operate.measure import age_of, wall_clock
from strongroom_core.operate.migrate import expected_migrations, ran_migrations
from strongroom_core.operate.roles import LOGINS
from strongroom_core.operate.root_facts import RootFacts

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection, Row

LOGIN = "strongroom"
SERVING = (LOGIN, Role.APP.value, Role.BLIND.value)
CLOCK_WARNING, CLOCK_PROBLEM = 1.0, 5.0
"""Seconds between the database's clock and this machine's."""
NOTE_WARNING = 600.0
"""Seconds that a note may lie in the outbox."""

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
    """What was found, and what the database knows of its root, if it got as far as having one."""

    findings: list[Finding]
    root: RootFacts | None = None


async def examine_named(url: str) -> Examined:
    """Examine the database of a URL that logs in as `strongroom`, where no server is running."""
    try:
        database = await Database.open(url, [], role=Role.APP, connections=2)
    except (StrongroomError, UnplannedFailure) as error:
        return Examined([_away(error)])
    try:
        return await examine(database)
    finally:
        await database.close()


async def examine(database: Database) -> Examined:
    """Examine a database that is open. What cannot be asked is a finding, never an error."""
    findings: list[Finding] = []
    root = None
    try:
        async with database.transaction(None) as connection:
            findings += await examine_settings(connection)
            findings.append(await _clock(connection))
            findings += await _roles(connection)
            schema = await _schema(connection)
            findings += schema
            if all(each.grade == "ok" for each in schema):
                findings.append(await _outbox(connection))
        async with database.transaction(INSTALLATION) as connection:
            if await ran_migrations(connection):
                found, root = await _installation(connection)
                findings.append(found)
    except (StrongroomError, UnplannedFailure) as error:
        findings.append(_away(error))
    return Examined(findings, root)


def _away(error: Exception) -> Finding:
    reason = error.message if isinstance(error, StrongroomError) else str(error)
    return problem(
        "database", reason, "see that PostgreSQL runs, and that its URL and password are right"
    )


async def _clock(connection: Connection) -> Finding:
    now = await connection.fetchval("select clock_timestamp()")
    return examine_clock((now - wall_clock()).total_seconds())


def examine_clock(offset: float) -> Finding:
    """Judge how many seconds the database's clock is ahead of this machine's."""
    apart = abs(offset)
    says = f"the database's clock and this machine's are {apart:.1f} s apart"
    hint = "let both keep time by NTP: signed requests are measured by the database's clock"
    if apart > CLOCK_PROBLEM:
        return problem("clock", says, hint)
    return warning("clock", says, hint) if apart > CLOCK_WARNING else ok("clock", says)


async def _roles(connection: Connection) -> list[Finding]:
    """Look whether a serving role could pass by row-level security, by any right it has."""
    wanted = {*SERVING, *LOGINS}
    rows = {row["name"]: row for row in await connection.fetch(_ROLES, sorted(wanted))}
    findings: list[Finding] = []
    if missing := sorted(wanted - set(rows)):
        findings.append(
            problem(
                "roles",
                f"there is no role {', '.join(missing)}",
                "have an administrator run the statements that `strongroom-server init` prints",
            )
        )
    for name, row in sorted(rows.items()):
        findings += _powers(name, row)
    user = await connection.fetchval("select session_user")
    if user != LOGIN:
        hint = f"put the log-in {LOGIN} into DATABASE_URL"
        findings.append(problem("roles", f"the server logs in as {user}", hint))
    if await connection.fetchval(
        "select coalesce(bool_or(pg_has_role(m.oid, o.oid, 'member')), false)"
        " from pg_roles m, pg_roles o where m.rolname = $1 and o.rolname = $2",
        LOGIN,
        Role.OWNER.value,
    ):
        hint = f"revoke {Role.OWNER} from {LOGIN}"
        findings.append(problem("roles", f"{LOGIN} may act as the owner of the tables", hint))
    if not findings:
        findings = [
            ok("roles", "the serving roles own no table and have no power they do not need")
        ]
    return findings


def _powers(name: str, row: Row) -> list[Finding]:
    if name == Role.OWNER:
        powers = ["SUPERUSER"] if row["SUPERUSER"] else []
    else:
        powers = [power for power in _POWERS if row[power]]
    findings = [
        problem("roles", f"{name} is {power}", f"alter role {name} NO{power}") for power in powers
    ]
    if name in SERVING and row["tables"]:
        hint = f"reassign what {name} owns to {Role.OWNER}"
        findings.append(problem("roles", f"{name} owns {row['tables']} tables", hint))
    return findings


async def _schema(connection: Connection) -> list[Finding]:
    ran, wanted = len(await ran_migrations(connection)), expected_migrations()
    if ran < wanted:
        return [
            problem(
                "schema",
                f"{wanted - ran} of this release's {wanted} migrations have not run",
                "run `strongroom-server migrate`, and on a new database `strongroom-server init`",
            )
        ]
    if ran > wanted:
        return [
            problem(
                "schema",
                f"the database has {ran - wanted} migrations that this release does not know",
                "run the release that migrated it, or a newer one",
            )
        ]
    rows = await connection.fetch(_TABLES)
    bare = [row["name"] for row in rows if not row["protected"]]
    if bare:
        return [
            problem(
                "row-level security",
                f"it is off for {', '.join(bare)}",
                "as strongroom_owner: alter table … enable row level security",
            )
        ]
    return [
        ok("schema", f"all {wanted} migrations of this release have run"),
        ok("row-level security", f"it is on for all {len(rows)} tables with a vault"),
    ]


async def _outbox(connection: Connection) -> Finding:
    now = await connection.fetchval("select clock_timestamp()")
    oldest = await connection.fetchval(
        "select id from due_outbox($1, 1000) order by id limit 1", now
    )
    age = age_of(oldest, now)
    if age <= NOTE_WARNING:
        return ok("outbox", "nothing has waited for long")
    return warning(
        "outbox",
        f"a note has waited for {age / 60:.0f} minutes",
        "see that a worker runs (`serve`, or `serve --only worker`) and what its log says",
    )


async def _installation(connection: Connection) -> tuple[Finding, RootFacts | None]:
    row = await connection.fetchrow(
        "select d.id, r.version, r.check_value, r.kdf from deployment d"
        " left join root_key r on r.state = 'active'"
    )
    if row is None or row["version"] is None:
        hint = "run `strongroom-server init`"
        return problem("installation", "the database is not initialised", hint), None
    facts = RootFacts(row["id"], row["version"], row["check_value"], row["kdf"])
    return ok("installation", f"initialised, under version {facts.version} of its root"), facts
