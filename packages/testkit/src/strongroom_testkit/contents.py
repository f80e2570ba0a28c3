"""A database's contents as one hash per table, to show that nothing has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection

_TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"

_SAME_AFTER_AN_UPGRADE = "jsonb_strip_nulls(to_jsonb(t) - array['search_text', 'variables'])"


async def contents(
    administrator: Connection, *besides: str, across_releases: bool = False
) -> dict[str, tuple[int, str]]:
    """Return the number of rows and a hash over all of them, for every table except `besides`.

    With `across_releases`, nulls and generated columns are left out, so that a hash stays the same when a
    later release adds a column.
    """
    row = _SAME_AFTER_AN_UPGRADE if across_releases else "t"
    tables = [row["tablename"] for row in await administrator.fetch(_TABLES)]
    found = await administrator.fetch(
        " union all ".join(
            f"select '{table}' as name, count(*) as rows,"
            f" coalesce(sum(hashtextextended({row}::text, 0)), 0)::text as hash from {table} t"
            for table in tables
            if table not in besides
        )
    )
    return {row["name"]: (row["rows"], row["hash"]) for row in found}
