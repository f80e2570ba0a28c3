"""A furnished vault behind a real server, and a machine's terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from strongroom_testkit.world import World

from .stage import Stage, open_stage


@pytest.fixture
async def stage(world: World, tmp_path: Path) -> AsyncIterator[Stage]:
    """The stage of one test."""
    async with open_stage(world, tmp_path) as stage:
        yield stage
