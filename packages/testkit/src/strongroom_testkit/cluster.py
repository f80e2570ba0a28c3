"""A real PostgreSQL for tests: one cluster per process, a fresh initialised database per test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.crypto.random import random_bytes
from strongroom_core.crypto.root import RootKey, new_root
from strongroom_core.db.connection import connect
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.operate.initialise import Initialised, initialise
from strongroom_core.operate.migrate import migrate
from strongroom_core.operate.roles import LOGINS, provision
from strongroom_core.settings import Settings
from strongroom_server.embedded.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = "template_strongroom"


@dataclass(slots=True)
class Cluster:
    """An embedded PostgreSQL with the roles made and one initialised database to copy from.

    All databases copied from it share its root and its deployment.
    """

    postgres: EmbeddedPostgres
    passwords: dict[str, str] = field(repr=False)
    root: RootKey = field(repr=False)
    initialised: Initialised
    _databases: int = 0

    @classmethod
    async def start(
        cls, data: Path, *, binaries: Path | None = None, fsync: bool = False
    ) -> Cluster:
        """Start PostgreSQL on an empty folder, make the roles and the database to copy from."""
        postgres = await EmbeddedPostgres.start(
            data, binaries=binaries, fsync=fsync, max_connections=200
        )
        passwords = {login: random_bytes(16).hex() for login in LOGINS}
        administrator = await connect(_administrator(postgres, "postgres"))
        try:
            await administrator.execute(f"create database {TEMPLATE}")
        finally:
            await administrator.close()
        inside = await connect(_administrator(postgres, TEMPLATE))
        try:
            await provision(inside, passwords)
        finally:
            await inside.close()
        root = new_root()
        owner_url = postgres.dsn(
            user="strongroom_owner", password=passwords["strongroom_owner"], database=TEMPLATE
        )
        await migrate(owner_url)
        initialised = await initialise(owner_url, Settings(), root)
        return cls(postgres, passwords, root, initialised)

    async def stop(self) -> None:
        """Stop PostgreSQL. Its folder stays, for whoever wants to search it."""
        await self.postgres.stop()

    async def fresh_database(self) -> str:
        """Copy the template, and return the new database's name."""
        self._databases += 1
        name = f"strongroom_{self._databases}"
        administrator = await connect(self.administrator_url("postgres"))
        try:
            await administrator.execute(f"create database {name} template {TEMPLATE}")
        finally:
            await administrator.close()
        return name

    async def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        administrator = await connect(self.administrator_url("postgres"))
        try:
            await administrator.execute(f"drop database {name} with (force)")
        finally:
            await administrator.close()

    def url(self, database: str, login: str = "strongroom") -> str:
        """Return the URL of one of the log-ins to one of the databases."""
        if login not in self.passwords:
            raise NotInitialised(f"{login} is no log-in of Strongroom")
        return self.postgres.dsn(user=login, password=self.passwords[login], database=database)

    def administrator_url(self, database: str) -> str:
        """Return the URL of PostgreSQL's superuser, whom no rule binds."""
        return _administrator(self.postgres, database)


def _administrator(postgres: EmbeddedPostgres, database: str) -> str:
    return postgres.dsn(
        user=postgres.superuser, password=postgres.superuser_password, database=database
    )
