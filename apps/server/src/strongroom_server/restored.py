"""`strongroom-server restored`: run once after restoring a backup, before the database is used again."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from strongroom_core.install.restored import SKEW, mark_restored, require_no_server
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.runtime.start import open_core
from strongroom_core.settings import Settings
from strongroom_server import databases
from strongroom_server.data_folder import DataFolder, sole_server

if TYPE_CHECKING:
    from pathlib import Path


async def begin_incarnation(
    folder: DataFolder, binaries: Path | None, *, clock_is_right: bool = False
) -> None:
    """Begin a new incarnation, and print the database and the time from which machines can authenticate.

    Raises `Conflict` if a server uses the folder or is connected to the database, or if the clock is wrong
    and `clock_is_right` is false. Raises `NotInitialised` if there is no database.
    """
    settings = Settings.from_environment(os.environ)
    urls = databases.named(settings)
    if urls is None and not folder.database.exists():
        raise NotInitialised(
            f"{folder.path} has no database; restore it first, or set DATABASE_URL and the"
            " other two URLs, as for `serve`"
        )
    where = f"the database in {folder.path}" if urls is None else _named(urls.serving)
    async with AsyncExitStack() as stack:
        if urls is None:
            folder.require_there()
            stack.enter_context(sole_server(folder))
            postgres, urls = await databases.start_embedded(
                folder, binaries=binaries, report=lambda _: None
            )
            stack.push_async_callback(postgres.stop)
        core = await open_core(replace(urls.into(settings), database_connections=1), restoring=True)
        stack.push_async_callback(core.database.close)
        await require_no_server(core)
        # This needs no key: anyone with access to the database can mark it as restored.
        number = await mark_restored(replace(core, sealed=False), clock_is_right=clock_is_right)
        let_in = core.clock.now() + SKEW
    click.echo(
        f"incarnation {number} of {where} has begun; machine requests signed before now are rejected,"
        f" and new ones are accepted from {let_in:%H:%M:%S} UTC. Start the server now."
    )


def _named(url: str) -> str:
    """Describe the database that a URL points to, leaving out the login role."""
    parts = urlsplit(url)
    return f"the database {parts.path.strip('/')} on {parts.hostname or 'this machine'}"
