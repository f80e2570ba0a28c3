"""`strongroom-server restored`: say that the database came from a backup, before it serves again."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.operate.restored import SKEW, mark_restored, require_no_server
from strongroom_core.operate.start import open_core
from strongroom_core.settings import Settings
from strongroom_server import databases
from strongroom_server.data_folder import DataFolder, cache_folder, sole_server

if TYPE_CHECKING:
    from pathlib import Path


async def restored(folder: DataFolder, binaries: Path | None) -> None:
    """Begin a new incarnation, and say of which database, and from when on machines are let in.

    Raises `Conflict` while a server works on the folder or is connected to the database, and
    `NotInitialised` without a database.
    """
    settings = Settings.from_environment(os.environ)
    urls = databases.named(settings)
    if urls is None and not folder.database.exists():
        raise NotInitialised(
            f"{folder.path} has no database: restore it first, or name your own by DATABASE_URL and the"
            " other two, as for `serve`"
        )
    where = f"the database in {folder.path}" if urls is None else _named(urls.serving)
    async with AsyncExitStack() as stack:
        if urls is None:
            folder.require_there()
            stack.enter_context(sole_server(folder))
            postgres, urls = await databases.start_embedded(
                folder, cache=cache_folder(), binaries=binaries, report=lambda _: None
            )
            stack.push_async_callback(postgres.stop)
        core = await open_core(replace(urls.into(settings), database_connections=1))
        stack.push_async_callback(core.database.close)
        await require_no_server(core)
        # Nothing of it needs a key: who holds the database may say where it came from.
        number = await mark_restored(replace(core, sealed=False))
        let_in = core.clock.now() + SKEW
    click.echo(
        f"incarnation {number} of {where} has begun: no request of a machine from before it is accepted,"
        f" and new ones from {let_in:%H:%M:%S} UTC on. Start the server now."
    )


def _named(url: str) -> str:
    """Return which database a URL names, without the log-in."""
    parts = urlsplit(url)
    return f"the database {parts.path.strip('/')} on {parts.hostname or 'this machine'}"
