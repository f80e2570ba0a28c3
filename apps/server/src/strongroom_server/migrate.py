"""`strongroom-server migrate`: migrates the database to this release while no server is running."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from strongroom_core.install.administer import require_roles
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.settings import Settings
from strongroom_server import databases
from strongroom_server.data_folder import DataFolder
from strongroom_worker.queue import make_tables

if TYPE_CHECKING:
    from pathlib import Path


async def migrate_database(folder: DataFolder, binaries: Path | None) -> None:
    """Run pending migrations. A concurrent process waits, and then finds nothing to do.

    Raises `NotInitialised` for a folder without a database, `RolesMissing`, and `Unavailable`.
    """
    urls = databases.named(Settings.from_environment(os.environ))
    said: list[str] = []
    if urls is not None:
        await require_roles(urls.owner)
        await databases.require_logins(urls)
        await databases.bring_up_to_date(urls, said.append)
        await make_tables(urls.jobs)
    elif not folder.database.exists():
        raise NotInitialised(f"{folder.path} has no database; run `strongroom-server init`")
    else:
        # An embedded database is migrated on every start.
        postgres, _urls = await databases.start_embedded(
            folder, binaries=binaries, report=said.append
        )
        await postgres.stop()
    for line in said or ["the database is up to date"]:
        click.echo(line)
