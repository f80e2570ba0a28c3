"""Piccolo's declarations of the tables match PostgreSQL's tables."""

from __future__ import annotations

from piccolo.columns import Array

from strongroom_core.db.connection import OpenConnection
from strongroom_core.schema.tables import TABLES

NOT_MODELLED = {
    ("alert_state", "tx"),
    ("application", "search_text"),
    ("audit_entry", "tx"),
    ("machine", "search_text"),
    ("project", "search_text"),
    ("read_tally", "vault"),
    ("read_tally", "tx"),
    ("read_tally", "incarnation"),
    ("read_tally", "woke_at"),
    ("secret", "search_text"),
    ("secret", "variables"),
}
"""Piccolo has no type for transaction IDs or computed columns; only SQL reads these."""

WORDS = {
    "character varying": "VARCHAR",
    "timestamp with time zone": "TIMESTAMPTZ",
    "bytea": "BYTEA",
    "integer": "INTEGER",
    "double precision": "DOUBLE PRECISION",
    "bigint": "BIGINT",
    "smallint": "SMALLINT",
    "boolean": "BOOLEAN",
    "uuid": "UUID",
    "jsonb": "JSONB",
    "date": "DATE",
}

COLUMNS = """
select c.relname as table, a.attname as column, format_type(a.atttypid, a.atttypmod) as type,
       not a.attnotnull as nullable
from pg_class c join pg_attribute a on a.attrelid = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
  and a.attnum > 0 and not a.attisdropped and c.relname <> 'migration'
"""


def in_piccolo() -> dict[tuple[str, str], tuple[str, bool]]:
    found: dict[tuple[str, str], tuple[str, bool]] = {}
    for table in TABLES:
        for column in table._meta.columns:
            type_ = column.column_type
            if isinstance(column, Array):
                type_ = f"{column.base_column.column_type}[]"
            key = (table._meta.tablename, column._meta.db_column_name)
            # A primary key can't be null, regardless of its declaration.
            found[key] = (type_, column._meta.null and not column._meta.primary_key)
    return found


async def test_the_tables_agree_with_the_database(administrator: OpenConnection) -> None:
    """Every table, column, type and nullability is the same in `schema/` and in the migrations."""
    there: dict[tuple[str, str], tuple[str, bool]] = {}
    for row in await administrator.fetch(COLUMNS):
        name, bracket, rest = row["type"].partition("(")
        brackets = "[]" if row["type"].endswith("[]") else ""
        word = WORDS.get(name.removesuffix("[]"), name)
        type_ = f"{word}{bracket}{rest.removesuffix('[]')}{brackets}"
        there[row["table"], row["column"]] = (type_, row["nullable"])
    for key in NOT_MODELLED:
        del there[key]

    assert in_piccolo() == there


async def test_every_table_is_in_the_list(administrator: OpenConnection) -> None:
    """V-7: the list that other tests use has every table of the schema, in the order of references."""
    tables = await administrator.fetch(
        "select tablename from pg_tables where schemaname = 'public' and tablename <> 'migration'"
    )

    known = {*(table._meta.tablename for table in TABLES), "read_tally"}

    assert known == {row["tablename"] for row in tables}
