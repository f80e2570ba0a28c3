"""Every example in the guide is run, in order, against a real server, and prints what the guide says."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import textwrap
from contextlib import suppress
from pathlib import Path
from typing import Any

import strongroom
from strongroom_core.core import Core
from strongroom_core.machines.bootstrap import create_bootstrap_token
from strongroom_core.machines.lifecycle import approve_machine
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_testkit.machine import TestMachine, grant
from strongroom_testkit.world import World

GUIDE = Path("docs/clients/python.md")
GENEROUS_SECONDS = 60.0


async def test_the_examples(world: World, core: Core, served: str, home: Path, does: Any) -> None:
    """D-2: the first example registers, a person approves, and the others read, as do those in `help`."""
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    helped = re.findall(r"::\n\n((?:    .*\n|\n)+)", strongroom.__doc__ or "")
    application = await create_application(core, world.owner, name="shop", environments=[])
    project = await create_project(
        core, world.owner, name="production", application=application.id, environment="prod"
    )
    secrets = [
        await world.secret(project, "API_KEY"),
        await world.structured(project, "DATABASE", "host", "password"),
    ]
    token = await create_bootstrap_token(core, world.owner)
    world.markers.note(token.token)
    environment = {**os.environ, "STRONGROOM_URL": served, "BOOTSTRAP_TOKEN": token.token}
    for number, block in enumerate([*blocks, *map(textwrap.dedent, helped)]):
        # A watch doesn't report secrets that were already read, so their reads are forgotten first.
        await _forget_reads(world)
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            block,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=environment,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), GENEROUS_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                process.kill()

        assert re.findall(r"#: (.*)$", block, re.MULTILINE) == output.decode().splitlines()
        assert 0 == process.returncode
        if number == 0:
            folder = home / "vaults" / world.person.vault
            found = re.search(r'"machineId":"([^"]+)"', (folder / "identity.json").read_text())
            assert found is not None
            await approve_machine(core, world.owner, found[1])
            machine: Any = TestMachine(found[1], None)  # pyright: ignore[reportArgumentType]
            await grant(world, machine, project, *secrets)

    assert (8, 5) == (len(blocks), len(helped))


async def _forget_reads(world: World) -> None:
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute("update secret_grant set seen_version = null")


def test_the_guide_names_every_error() -> None:
    """D-2: every error is in the guide, for programs that catch it."""
    text = GUIDE.read_text()
    errors = {
        name
        for name in strongroom.__all__
        if isinstance(getattr(strongroom, name), type)
        and issubclass(getattr(strongroom, name), strongroom.StrongroomError)
    }

    assert set() == {name for name in errors if f"`{name}`" not in text}
