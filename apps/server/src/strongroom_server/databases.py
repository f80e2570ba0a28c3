"""Which database a process works on: the embedded one of its data folder, or one that is named.

The embedded database gets fresh random passwords for every role at each start; they live in the
process and nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.errors import Invalid
from strongroom_core.operate import migrate, roles
from strongroom_core.operate.administer import DATABASE, forget_passwords, make_database
from strongroom_server.embedded.postgres import EmbeddedPostgres
from strongroom_server.embedded.template import ensure_cluster
from strongroom_worker.queue import make_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from strongroom_core.settings import Settings
    from strongroom_server.data_folder import DataFolder

MOST_CONNECTIONS = 100


@dataclass(frozen=True, slots=True)
class Urls:
    """The three log-ins of one database. Each holds a password."""

    serving: str = field(repr=False)
    owner: str = field(repr=False)
    jobs: str = field(repr=False)

    def into(self, settings: Settings) -> Settings:
        """Return the settings with these log-ins."""
        return replace(
            settings,
            database_url=self.serving,
            owner_database_url=self.owner,
            jobs_database_url=self.jobs,
        )


def named(settings: Settings) -> Urls | None:
    """Return the log-ins that are set, or None when the embedded database is meant.

    Raises `Invalid` when only some of the three are set.
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
            f"{' and '.join(missing)} must be set too: a database of your own is named by all"
            f" three of {', '.join(given)}"
        )
    return Urls(*(url or "" for url in given.values()))


def named_blind(settings: Settings) -> Urls:
    """Return the one log-in that a dashboard by itself needs. Raises `Invalid` without it.

    It has no database of its own to start: the embedded one belongs to a single process.
    """
    if settings.database_url is None:
        raise Invalid(
            "DATABASE_URL must be set for a dashboard by itself, which needs the other nodes'"
            " database"
        )
    return Urls(settings.database_url, "", "")


async def start_embedded(
    folder: DataFolder,
    *,
    cache: Path | None,
    binaries: Path | None = None,
    durable: bool = True,
    report: Callable[[str], None],
) -> tuple[EmbeddedPostgres, Urls]:
    """Start the folder's database at this release's schema, making it when there is none.

    The caller stops it. `durable=False` leaves out fsync, for a folder that is thrown away. Raises
    `EmbeddedPostgresError`.
    """
    await ensure_cluster(
        folder.database,
        cache=cache,
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
    """Run outstanding migrations and make the queue's tables; return the migrations that ran."""
    ran = await migrate.migrate(urls.owner)
    if ran:
        report(f"migrated the database: {', '.join(ran)}")
        await make_tables(urls.jobs)
    return ran


async def _prepare(postgres: EmbeddedPostgres) -> None:
    """Make an empty database for the template, without a password anybody could know."""
    urls = await _let_in(postgres)
    await migrate.migrate(urls.owner)
    await make_tables(urls.jobs)
    await forget_passwords(_administrator(postgres))


async def _let_in(postgres: EmbeddedPostgres) -> Urls:
    """Give each log-in a new password."""
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
    """Name what the template holds: the schema, and the roles with what they own."""
    parts = (migrate.fingerprint(), roles.ROLES, roles.IN_DATABASE)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
