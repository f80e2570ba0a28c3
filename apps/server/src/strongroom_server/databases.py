"""Chooses a process's database: the embedded one in its data folder, or an external one.

The embedded database gets new random passwords for all roles on each start. They are kept only in the
process's memory.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_core.crypto.random import random_bytes
from strongroom_core.install import migrate, roles
from strongroom_core.install.administer import (
    DATABASE,
    forget_passwords,
    make_database,
    require_login,
)
from strongroom_core.kernel.errors import Invalid
from strongroom_server.data_folder import DataFolder, cache_folder
from strongroom_server.embedded.postgres import EmbeddedPostgres
from strongroom_server.embedded.template import ensure_cluster
from strongroom_worker.queue import make_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from strongroom_core.settings import Settings

MOST_CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class Urls:
    """The URLs for the three login roles of one database. Each contains a password."""

    serving: str = field(repr=False)
    owner: str = field(repr=False)
    jobs: str = field(repr=False)

    def into(self, settings: Settings) -> Settings:
        """Return the settings with these URLs."""
        return replace(
            settings,
            database_url=self.serving,
            owner_database_url=self.owner,
            jobs_database_url=self.jobs,
        )


def named(settings: Settings) -> Urls | None:
    """Return the configured URLs, or None for the embedded database.

    Raises `Invalid` if only some of the three are set.
    """
    given = {
        "DATABASE_URL": settings.database_url,
        "STRONGROOM_OWNER_DATABASE_URL": settings.owner_database_url,
        "STRONGROOM_JOBS_DATABASE_URL": settings.jobs_database_url,
    }
    missing = [name for name, url in given.items() if not url]
    if len(missing) == len(given):
        return None
    if missing:
        raise Invalid(
            f"{' and '.join(missing)} must be set too; an external database needs all"
            f" three of {', '.join(given)}"
        )
    return Urls(*(url or "" for url in given.values()))


async def require_logins(urls: Urls) -> None:
    """Raise `Unavailable` with the variable's name unless the serving processes and the queue can log in."""
    await require_login(urls.serving, named="DATABASE_URL")
    await require_login(urls.jobs, named="STRONGROOM_JOBS_DATABASE_URL")


def named_blind(settings: Settings) -> Urls:
    """Return the one URL that a dashboard-only process needs. Raises `Invalid` if it isn't set.

    Such a process can't start a database, because the embedded one belongs to a single process.
    """
    if settings.database_url is None:
        raise Invalid(
            "DATABASE_URL must be set for a dashboard-only process, which uses the other nodes'"
            " database"
        )
    return Urls(settings.database_url, "", "")


async def start_embedded(
    folder: DataFolder,
    *,
    binaries: Path | None = None,
    durable: bool = True,
    report: Callable[[str], None],
) -> tuple[EmbeddedPostgres, Urls]:
    """Start the folder's database, create it if needed, and migrate it to this release's schema.

    The caller has to stop the database. `durable=False` turns fsync off, for a temporary folder. Raises
    `EmbeddedPostgresError`.
    """
    await ensure_cluster(
        folder.database,
        cache=cache_folder(),
        key=_template_key(),
        prepare=_prepare,
        binaries=binaries,
        report=report,
        fsync=durable,
    )
    postgres = await EmbeddedPostgres.start(
        folder.database,
        binaries=binaries,
        max_connections=MOST_CONNECTIONS,
        fsync=durable,
        report=report,
    )
    try:
        urls = await _let_in(postgres)
        await bring_up_to_date(urls, report)
    except BaseException:
        await postgres.stop()
        raise
    return postgres, urls


async def bring_up_to_date(urls: Urls, report: Callable[[str], None]) -> list[str]:
    """Run pending migrations and create the queue's tables, and return the migrations that ran."""
    ran = await migrate.migrate(urls.owner)
    if ran:
        report(f"migrated the database: {', '.join(ran)}")
        await make_tables(urls.jobs)
    return ran


async def _prepare(postgres: EmbeddedPostgres) -> None:
    """Prepare an empty database for the template, without any known password."""
    urls = await _let_in(postgres)
    await migrate.migrate(urls.owner)
    await make_tables(urls.jobs)
    await forget_passwords(_administrator(postgres))


async def _let_in(postgres: EmbeddedPostgres) -> Urls:
    """Give each login role a new password."""
    passwords = {login: _new_password() for login in roles.LOGINS}
    await make_database(_administrator(postgres), passwords)
    serving, owner, jobs = (
        postgres.dsn(user=login, password=passwords[login], database=DATABASE)
        for login in ("strongroom", "strongroom_owner", "strongroom_jobs")
    )
    return Urls(serving, owner, jobs)


def _administrator(postgres: EmbeddedPostgres) -> Callable[[str], str]:
    return lambda database: postgres.dsn(
        user=postgres.superuser, password=postgres.superuser_password, database=database
    )


def _new_password() -> str:
    return base64.urlsafe_b64encode(random_bytes(24)).decode()


def _template_key() -> str:
    """Return a key for the template's content: the schema, and the roles with the objects they own."""
    parts = (migrate.fingerprint(), roles.ROLES, roles.IN_DATABASE)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
