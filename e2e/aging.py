"""Makes stored data older, directly in the database, while the server is stopped.

This is impossible while the server is running, because only it knows the embedded database's passwords.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from strongroom_core.db.connection import connect
from strongroom_core.install.administer import DATABASE
from strongroom_server.data_folder import DataFolder
from strongroom_server.embedded.postgres import EmbeddedPostgres

from .installation import Installation


@dataclass(frozen=True, slots=True)
class Age:
    """Stops a server, ages its stored data, and starts it again."""

    installation: Installation

    async def sessions(self, *, minutes: int) -> None:
        """Set the time of each session's last password confirmation back by `minutes`."""
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
            raise RuntimeError("there is no session to age")
