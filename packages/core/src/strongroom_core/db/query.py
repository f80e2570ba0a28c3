"""Runs Piccolo queries on a transaction's connection, and builds updates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from piccolo.columns import Column

from strongroom_core.kernel.names import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from piccolo.query.base import Query

    from strongroom_core.db.columns import NamedTable
    from strongroom_core.db.connection import Connection, Row

AnyColumn = TypeVar("AnyColumn", bound=Column)


async def run(connection: Connection, query: Query[Any, Any]) -> list[Row]:
    """Run a Piccolo query; return its rows by name.

    Raises Piccolo's error for an update or delete without a condition.
    """
    query._validate()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- Piccolo's own `run` starts with it
    rows: list[Row] = []
    for each in query.querystrings:
        sql, arguments = each.compile_string()
        rows += await connection.fetch(sql, *arguments)
    return rows


def revise(
    table: type[NamedTable],
    row: str,
    values: Mapping[AnyColumn, object],
    *,
    name: str | None = None,
) -> Query[Any, Any]:
    """Return an update that sets these values in one row, and the name unless `name` is None.

    Other columns stay unchanged. The revision always goes up by one.
    """
    named = {table.name: name, table.name_folded: folded(name)} if name is not None else {}
    revised = {**values, **named, table.revision: table.revision + 1}
    return table.update(revised).where(table.id == row)
