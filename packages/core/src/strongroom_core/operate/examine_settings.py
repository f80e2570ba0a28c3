"""Examine the settings of PostgreSQL that decide whether an acknowledged entry survives a power cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.operate.finding import Finding, ok, problem, warning

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection, Row

OLDEST_VERSION = 15

_SETTINGS = """
select current_setting('server_version_num')::int / 10000 as major,
       split_part(current_setting('server_version'), ' ', 1) as version,
       current_setting('fsync') as fsync,
       current_setting('full_page_writes') as full_page_writes,
       current_setting('synchronous_commit') as synchronous_commit,
       current_setting('wal_level') as wal_level,
       current_setting('log_statement') as log_statement,
       current_setting('password_encryption') as password_encryption,
       (select pg_encoding_to_char(encoding) from pg_database
        where datname = current_database()) as encoding
"""


async def examine_settings(connection: Connection) -> list[Finding]:
    """Return what is found of version, durability, logging, passwords and encoding."""
    row = await connection.fetchrow(_SETTINGS)
    if row is None:
        raise RuntimeError("a query without a table returns its row")
    return [
        _version(row),
        *_durability(row),
        _wal(row),
        _statement_log(row),
        _passwords(row),
        _encoding(row),
    ]


def _version(row: Row) -> Finding:
    says = f"PostgreSQL {row['version']} answers"
    if row["major"] < OLDEST_VERSION:
        return problem("database", says, f"move to PostgreSQL {OLDEST_VERSION} or newer")
    return ok("database", says)


def _durability(row: Row) -> list[Finding]:
    """An entry that is lost after its value was delivered is a read nobody knows of."""
    off = [
        name for name in ("fsync", "full_page_writes", "synchronous_commit") if row[name] == "off"
    ]
    if not off:
        return [ok("durability", "what was committed survives a power cut")]
    return [
        problem(
            "durability",
            f"{name} is off: a power cut can lose the entries of values that were delivered",
            f"set {name} = on",
        )
        for name in off
    ]


def _wal(row: Row) -> Finding:
    if row["wal_level"] == "minimal":
        return warning(
            "write-ahead log",
            "wal_level is minimal: neither archiving nor a standby is possible",
            "set wal_level = replica",
        )
    return ok("write-ahead log", f"wal_level is {row['wal_level']}")


def _statement_log(row: Row) -> Finding:
    if row["log_statement"] in ("all", "mod"):
        return warning(
            "statement log",
            f"log_statement is {row['log_statement']}: names, hashes and ciphertext get into"
            " PostgreSQL's log; values do not, they are encrypted before",
            "set log_statement = none or ddl",
        )
    return ok("statement log", f"log_statement is {row['log_statement']}")


def _passwords(row: Row) -> Finding:
    if row["password_encryption"] != "scram-sha-256":
        return warning(
            "passwords",
            f"password_encryption is {row['password_encryption']}",
            "set password_encryption = scram-sha-256, then set the log-ins' passwords anew",
        )
    return ok("passwords", "the log-ins' passwords are kept as SCRAM-SHA-256")


def _encoding(row: Row) -> Finding:
    if row["encoding"] != "UTF8":
        hint = "make the database anew with encoding 'UTF8'"
        return problem("encoding", f"the database's encoding is {row['encoding']}", hint)
    return ok("encoding", "UTF8")
