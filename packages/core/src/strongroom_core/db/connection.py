"""A use case's view of a database connection: four typed methods, which return rows by name.

asyncpg has no types. This protocol contains the methods that we use, and keeps the driver's name out of the
features.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, cast

Row = Mapping[str, Any]


class Connection(Protocol):
    """A connection inside a transaction. Arguments are `$1`, `$2`, … in the SQL."""

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement, or several if there are no arguments."""
        ...

    async def fetch(self, query: str, *args: object) -> list[Row]:
        """Return all rows."""
        ...

    async def fetchrow(self, query: str, *args: object) -> Row | None:
        """Return the first row, or None."""
        ...

    async def fetchval(self, query: str, *args: object) -> Any:
        """Return the first column of the first row, or None."""
        ...


async def connect(url: str) -> "OpenConnection":
    """Open a connection outside any pool, for an administrator or a migration.

    Raises `Unavailable` with the reason if that fails. Later errors are the driver's own.
    """
    import asyncpg  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    from strongroom_core.db.failures import translated  # noqa: PLC0415

    with translated():
        return await cast("Any", asyncpg).connect(url)


async def is_pooled(connection: Connection) -> bool:
    """Whether a pooler such as PgBouncer is in between.

    It gives clients its own process IDs, because it can change the PostgreSQL process at any time.
    """
    told: int = cast("Any", connection).get_server_pid()
    return told != await connection.fetchval("select pg_backend_pid()")


class OpenConnection(Connection, Protocol):
    """A connection that its caller must close. Outside a transaction, each statement is committed."""

    def transaction(self) -> AbstractAsyncContextManager[None]:
        """Run the block in one transaction."""
        ...

    async def close(self) -> None:
        """Close the connection."""
        ...
