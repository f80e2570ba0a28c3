"""What a use case sees of a database connection: four methods, typed, and rows by name.

asyncpg ships no types; this protocol is what its connections offer of use to us, and it keeps the
driver's name out of the features.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

Row = Mapping[str, Any]


class Connection(Protocol):
    """A connection inside a transaction. Arguments are numbered `$1`, `$2`, … in the SQL."""

    async def execute(self, query: str, *args: object) -> str:
        """Run a statement; without arguments, several."""
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
    """Open a connection outside any pool, for what an administrator or a migration does."""
    import asyncpg  # noqa: PLC0415  # pyright: ignore[reportMissingTypeStubs]

    return await cast("Any", asyncpg).connect(url)


class OpenConnection(Connection, Protocol):
    """A connection that whoever opened it closes."""

    async def close(self) -> None:
        """Close it."""
        ...
