"""Every recipe in the guide for `strongroom.admin` is run, in order, and prints what the guide says."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from strongroom_core.core import Core
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.create import create_project
from strongroom_testkit.machine import approved_machine
from strongroom_testkit.world import World

GUIDE = Path("docs/clients/admin.md")
GENEROUS_SECONDS = 60.0


async def test_the_recipes(world: World, core: Core, log_in: Any) -> None:
    """D-4: each recipe prints the output in its comments, with the key of a person who is signed in."""
    blocks = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    application = await create_application(core, world.owner, name="shop", environments=[])
    await create_project(
        core, world.owner, name="production", application=application.id, environment="prod"
    )
    await approved_machine(world)
    await log_in("acme")
    for block in blocks:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            block,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ,
        )
        try:
            output, _ = await asyncio.wait_for(process.communicate(), GENEROUS_SECONDS)
        finally:
            with suppress(ProcessLookupError):
                process.kill()

        assert re.findall(r"#: (.*)$", block, re.MULTILINE) == output.decode().splitlines()
        assert 0 == process.returncode

    assert len(blocks) >= 8
