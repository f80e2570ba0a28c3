"""Making what is stored older than it is, by the database itself, while the server is stopped.

Nobody can do this to a running server: the embedded database's passwords are known to it alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from strongroom_core.db.connection import connect
from strongroom_core.operate.administer import DATABASE
from strongroom_server.data_folder import DataFolder
from strongroom_server.embedded.postgres import EmbeddedPostgres

from .installation import Installation


@dataclass(frozen=True, slots=True)
class Age:
    """Stops a server, ages what it stored, and starts it again."""

    installation: Installation

    async def sessions(self, *, minutes: int) -> None:
        """Let every session's last proof of identity be older by so much."""
        await self.installation.stop()
        postgres = await EmbeddedPostgres.start(DataFolder(self.installation.data).database)
        try:
            url = postgres.dsn(
                user=postgres.superuser, password=postgres.superuser_password, database=DATABASE
            )
            connection: Any = await connect(url)
            done = await connection.execute(
                "update session set authenticated_at = authenticated_at - make_interval(mins => $1)",
                minutes,
            )
            await connection.close()
        finally:
            await postgres.stop()
        await self.installation.start()
        if done == "UPDATE 0":
            raise RuntimeError("there is no session to make older")
