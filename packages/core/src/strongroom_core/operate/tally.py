"""Last read and read counts (S-9), tallied from the entries a few seconds late: no hot rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom_core.core import Core


async def tally_reads(core: Core) -> int:
    """Add the reads recorded since the last tally to secrets and machines; return how many.

    Exact: it takes the entries of transactions that ended between two horizons, each once. Two
    workers at the same moment wait for each other.
    """
    async with core.database.transaction(None) as connection:
        return int(await connection.fetchval("select tally_reads()") or 0)
