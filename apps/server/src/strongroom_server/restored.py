"""`strongroom-server restored`: say that the database came from a backup, before it serves again."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.operate.restored import SKEW, mark_restored
from strongroom_core.operate.start import open_core
from strongroom_core.settings import Settings
from strongroom_server import databases
from strongroom_server.data_folder import DataFolder, cache_folder, sole_server

if TYPE_CHECKING:
    from pathlib import Path


async def restored(folder: DataFolder, binaries: Path | None) -> None:
    """Begin a new incarnation, and say from when on machines are let in.

    Raises `Conflict` while a server works on the folder, `NotInitialised` without a database.
    """
    settings = Settings.from_environment(os.environ)
    urls = databases.named(settings)
    if urls is None and not folder.database.exists():
        raise NotInitialised(f"{folder.path} has no database: restore it first")
    async with AsyncExitStack() as stack:
        if urls is None:
            stack.enter_context(sole_server(folder))
            postgres, urls = await databases.start_embedded(
                folder, cache=cache_folder(), binaries=binaries, report=lambda _: None
            )
            stack.push_async_callback(postgres.stop)
        core = await open_core(urls.into(settings))
        stack.push_async_callback(core.database.close)
        # Nothing of it needs a key: who holds the database may say where it came from.
        number = await mark_restored(replace(core, sealed=False))
        let_in = core.clock.now() + SKEW
    click.echo(
        f"incarnation {number} has begun: no request of a machine from before it is accepted, and new ones"
        f" from {let_in:%H:%M:%S} UTC on. Start the server now."
    )
