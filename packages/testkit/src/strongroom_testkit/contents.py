"""What a database holds, as one hash per table: to show that nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom_core.db.connection import Connection

_TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"


async def contents(administrator: Connection, *besides: str) -> dict[str, tuple[int, str]]:
    """Return the number of rows and a hash over all of them, for every table but those named."""
    held: dict[str, tuple[int, str]] = {}
    for row in await administrator.fetch(_TABLES):
        table = row["tablename"]
        if table not in besides:
            found = await administrator.fetchrow(
                "select count(*) as rows, coalesce(md5(string_agg(t::text, chr(10)"
                f" order by t::text)), '') as hash from {table} t"
            )
            held[table] = (found["rows"], found["hash"]) if found is not None else (0, "")
    return held
