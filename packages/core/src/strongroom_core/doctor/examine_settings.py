"""Checks PostgreSQL settings: whether entries can be written and survive a power failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.doctor.finding import Finding, ok, problem, warning

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection, Row

OLDEST_VERSION = 15
FEWEST_LOCKS = 64
"""PostgreSQL's default of `max_locks_per_transaction`."""

_SETTINGS = """
select current_setting('server_version_num')::int / 10000 as major,
       split_part(current_setting('server_version'), ' ', 1) as version,
       pg_is_in_recovery() as standby,
       current_setting('transaction_read_only') = 'on' as read_only,
       current_setting('fsync') as fsync,
       current_setting('full_page_writes') as full_page_writes,
       current_setting('synchronous_commit') as synchronous_commit,
       current_setting('wal_level') as wal_level,
       current_setting('max_locks_per_transaction')::int as locks_each,
       current_setting('max_locks_per_transaction')::bigint
           * (current_setting('max_connections')::bigint
              + current_setting('max_prepared_transactions')::bigint) as locks,
       current_setting('log_statement') as log_statement,
       current_setting('password_encryption') as password_encryption,
       (select pg_encoding_to_char(encoding) from pg_database
        where datname = current_database()) as encoding
"""


async def examine_settings(connection: Connection) -> list[Finding]:
    """Return the findings on version, durability, logging, passwords and encoding."""
    row = await connection.fetchrow(_SETTINGS)
    if row is None:
        raise RuntimeError("the query returned no row")
    return [
        _version(row),
        _writes(row),
        *_durability(row),
        _wal(row),
        examine_locks(row["locks_each"], row["locks"]),
        _statement_log(row),
        _passwords(row),
        _encoding(row),
    ]


def _version(row: Row) -> Finding:
    says = f"PostgreSQL {row['version']}"
    if row["major"] < OLDEST_VERSION:
        return problem("database", says, f"upgrade to PostgreSQL {OLDEST_VERSION} or newer")
    return ok("database", says)


def _writes(row: Row) -> Finding:
    """No value is returned without an entry, so a read-only database can't serve anything."""
    if row["standby"]:
        return problem("writes", "the database is a standby", "point the three URLs at the primary")
    if row["read_only"]:
        return problem(
            "writes",
            "the database is read-only",
            "check default_transaction_read_only for the server, the database and the role",
        )
    return ok("writes", "the database is a primary and isn't read-only")


def _durability(row: Row) -> list[Finding]:
    """If a read's entry is lost after the value was returned, that read can never be discovered."""
    off = [
        name for name in ("fsync", "full_page_writes", "synchronous_commit") if row[name] == "off"
    ]
    if not off:
        return [ok("durability", "commits survive a power failure")]
    return [
        problem(
            "durability",
            f"{name} is off: a power failure can lose the audit events of returned values",
            f"set {name} = on",
        )
        for name in off
    ]


def _wal(row: Row) -> Finding:
    if row["wal_level"] == "minimal":
        return warning(
            "write-ahead log",
            "wal_level is minimal, which allows neither archiving nor a standby",
            "set wal_level = replica",
        )
    return ok("write-ahead log", f"wal_level is {row['wal_level']}")


def examine_locks(each: int, room: int) -> Finding:
    """Judge whether many simultaneous exports can lock their projects.

    A read locks each of its projects until it has committed. The memory for locks is shared. If one
    transaction fills it, every other transaction that needs a lock fails too (53200), even new connections.
    """
    says = f"room for {room:,} locks (max_locks_per_transaction is {each})"
    if each < FEWEST_LOCKS:
        return warning(
            "locks",
            f"{says}: exports from many projects at once can fail, and then other transactions do too",
            f"set max_locks_per_transaction = {FEWEST_LOCKS} or more, and restart PostgreSQL",
        )
    return ok("locks", says)


def _statement_log(row: Row) -> Finding:
    if row["log_statement"] in ("all", "mod"):
        return warning(
            "statement log",
            f"log_statement is {row['log_statement']}: names, hashes and ciphertext are written to"
            " PostgreSQL's log, but no plaintext values",
            "set log_statement = none or ddl",
        )
    return ok("statement log", f"log_statement is {row['log_statement']}")


def _passwords(row: Row) -> Finding:
    if row["password_encryption"] != "scram-sha-256":
        return warning(
            "passwords",
            f"password_encryption is {row['password_encryption']}",
            "set password_encryption = scram-sha-256, then set the login roles' passwords again",
        )
    return ok("passwords", "the login roles' passwords are stored as SCRAM-SHA-256")


def _encoding(row: Row) -> Finding:
    if row["encoding"] != "UTF8":
        hint = "create the database with encoding 'UTF8' and restore into it"
        return problem("encoding", f"the database's encoding is {row['encoding']}", hint)
    return ok("encoding", "UTF8")
