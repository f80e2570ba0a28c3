"""A vault with secrets behind a real server, and a machine's terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from strongroom_testkit.world import World

from .cli_world import CliWorld, open_cli_world


@pytest.fixture
async def cli_world(world: World, tmp_path: Path) -> AsyncIterator[CliWorld]:
    """One test's server, vault and machine."""
    async with open_cli_world(world, tmp_path) as cli_world:
        yield cli_world
