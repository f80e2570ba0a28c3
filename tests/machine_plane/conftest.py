"""The real application on a real port, and processes of it that can be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_server.http_server import LOCALHOST, serving, take_port
from strongroom_testkit.identity_folder import write_identity

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_testkit.machine import TestMachine
    from strongroom_testkit.world import World


@pytest.fixture
async def served(core: Core) -> AsyncIterator[str]:
    """The URL of the application, served on 127.0.0.1 and ::1."""
    sockets = take_port(LOCALHOST, 0)
    url = f"http://localhost:{sockets[0].getsockname()[1]}"
    core.settings = replace(core.settings, public_url=url)
    async with serving(create_app(Process(core)), sockets):
        yield url
