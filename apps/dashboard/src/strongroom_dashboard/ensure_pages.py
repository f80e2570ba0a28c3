"""Builds the pages without blocking the process that needs them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING

from strongroom_dashboard.build import BuildFailed, clean_environment, finished_pages

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    from strongroom_dashboard.build import Pages

STOP_SECONDS = 5.0
TIMES = 4
"""The maximum number of checks. Another check is needed if someone edits the code during a build."""


async def ensure_pages(cache: Path, report: Callable[[str], None]) -> Pages:
    """Return the pages, building them first if needed.

    `cache` is created if it is missing; `report` is called with each step. Raises `BuildFailed`.
    Canceling ends the build, and a later build cleans up after it.
    """
    for _ in range(TIMES):
        if (there := await asyncio.to_thread(finished_pages, cache)) is not None:
            return there
        await _build(cache, report)
    raise BuildFailed("the dashboard's code changed during the build: start again")


async def _build(cache: Path, report: Callable[[str], None]) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "strongroom_dashboard.build", "--cache", str(cache)),
        env=clean_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        # The build gets a separate process group, so that all of its processes can be stopped.
        start_new_session=True,
    )
    async with _ended(process):
        reason = asyncio.create_task(_last_line(process.stderr))
        async for line in process.stdout or asyncio.StreamReader():
            report(line.decode(errors="replace").strip())
        said = await reason
        if await process.wait() != 0:
            raise BuildFailed(said or "the dashboard couldn't be built; no reason was given")


async def _last_line(stream: asyncio.StreamReader | None) -> str:
    last = ""
    async for line in stream or asyncio.StreamReader():
        last = line.decode(errors="replace").strip() or last
    return last


@contextlib.asynccontextmanager
async def _ended(process: asyncio.subprocess.Process) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        for how in (signal.SIGTERM, signal.SIGKILL):
            if process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, how)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
