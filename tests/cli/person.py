"""A person who is signed in from the terminal of a `CliWorld`."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any

from strongroom.admin import LogIn, OwnKey
from strongroom_core.keys.approve import Approval, approve_key_request, find_key_request
from strongroom_testkit.person_key import session_of

if TYPE_CHECKING:
    from strongroom_core.kernel.caller import Human

    from .cli_world import CliWorld


async def log_in(cli_world: CliWorld, profile: str = "acme", **choice: Any) -> OwnKey:
    """Sign in as the vault's owner, without the command. `choice` are the fields of `Approval`."""
    home = str(cli_world.terminal.home / ".strongroom")
    asked = await asyncio.to_thread(LogIn.start, cli_world.url, hostname="laptop")
    await approve(cli_world, asked.code, **choice)
    approved = await asyncio.to_thread(asked.poll)
    assert approved is not None
    before = os.environ.get("STRONGROOM_HOME")
    os.environ["STRONGROOM_HOME"] = home
    try:
        asked.save(approved, profile, use_keyring=False)
    finally:
        del os.environ["STRONGROOM_HOME"]
        if before is not None:
            os.environ["STRONGROOM_HOME"] = before
    return approved


async def approve(cli_world: CliWorld, code: str, **choice: Any) -> Human:
    """Approve the program that shows a code, as the browser does. Returns the person with their session."""
    world = cli_world.world
    person = await session_of(world.core, world.person, world.markers)
    found = await find_key_request(world.core, person, code)
    await approve_key_request(world.core, person, found.id, Approval(code=code, **choice))
    return person
