"""A real PostgreSQL for tests: one cluster per process, and a new initialized database per test."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strongroom_core.crypto.random import random_bytes
from strongroom_core.crypto.root import RootKey, new_root
from strongroom_core.db.connection import connect
from strongroom_core.install.initialise import Initialised, initialise
from strongroom_core.install.migrate import migrate
from strongroom_core.install.roles import LOGINS, provision
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.settings import Settings
from strongroom_server.embedded.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = "template_strongroom"


@dataclass(slots=True)
class Cluster:
    """An embedded PostgreSQL with roles and one initialized database as a template.

    All databases copied from it share its root key and deployment.
    """

    postgres: EmbeddedPostgres
    passwords: dict[str, str] = field(repr=False)
    root: RootKey = field(repr=False)
    initialised: Initialised
    _databases: int = 0
    _connection: Any = field(default=None, repr=False)
    """Creates and drops databases. It is kept, because opening two per test takes 15 ms."""

    @classmethod
    async def start(
        cls, data: Path, *, binaries: Path | None = None, fsync: bool = False
    ) -> Cluster:
        """Start PostgreSQL in an empty folder; create the roles and the template database."""
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
        """Stop PostgreSQL. Its folder is kept so that tests can search it."""
        if self._connection is not None:
            await self._connection.close()
        await self.postgres.stop()

    async def fresh_database(self) -> str:
        """Copy the template, and return the new database's name."""
        self._databases += 1
        name = f"strongroom_{self._databases}"
        await self._administer(f"create database {name} template {TEMPLATE} strategy file_copy")
        return name

    async def drop_database(self, name: str) -> None:
        """Drop a database, even if it has connections."""
        await self._administer(f"drop database {name} with (force)")

    async def _administer(self, statement: str) -> None:
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self.administrator_url("postgres"))
        await self._connection.execute(statement)

    def url(self, database: str, login: str = "strongroom") -> str:
        """Return the URL for a login role and database."""
        if login not in self.passwords:
            raise NotInitialised(f"{login} is not a login role of Strongroom")
        return self.postgres.dsn(user=login, password=self.passwords[login], database=database)

    def administrator_url(self, database: str) -> str:
        """Return the URL for PostgreSQL's superuser, which bypasses all access rules."""
        return _administrator(self.postgres, database)


def _administrator(postgres: EmbeddedPostgres, database: str) -> str:
    return postgres.dsn(
        user=postgres.superuser, password=postgres.superuser_password, database=database
    )
