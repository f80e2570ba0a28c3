"""What one running process does besides answering: open the database, keep time, work on jobs."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import structlog

from strongroom_core.kernel.errors import StrongroomError, Unavailable
from strongroom_core.operate.start import ObserveBatch, measure_clock, open_blind_core, open_core
from strongroom_worker.app import work

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine

    from strongroom_core.core import Core
    from strongroom_core.settings import Settings

CLOCK_SECONDS = 10.0
AGAIN_SECONDS = 2.0
STOP_AGAIN_SECONDS = 3.0

_log = structlog.get_logger()


async def open_when_there(
    settings: Settings,
    explain: Callable[[str], None],
    observe: ObserveBatch,
    *,
    blind: bool = False,
) -> Core:
    """Return a sealed core, or a blind one, waiting for a database that is away.

    `explain` is told why it waits, `observe` of every batch of reads. Raises `NotInitialised`.
    """
    waited = False
    while True:
        try:
            if blind:
                return await open_blind_core(settings)
            return await open_core(settings, observe=observe)
        except Unavailable as error:
            explain(error.message)
            if not waited:
                _log.warning("database_unreachable", reason=error.message)
                waited = True
            await asyncio.sleep(AGAIN_SECONDS)


@contextlib.asynccontextmanager
async def keeping_time(core: Core) -> AsyncGenerator[None]:
    """Measure the database's clock every ten seconds for the length of the block."""
    async with beside(_keep_time(core)):
        yield


@contextlib.asynccontextmanager
async def working(core: Core, jobs_url: str) -> AsyncGenerator[None]:
    """Run the worker for the length of the block; it rests while the core is sealed."""
    async with beside(work(core, jobs_url)):
        yield


async def _keep_time(core: Core) -> None:
    while True:
        await asyncio.sleep(CLOCK_SECONDS)
        # Between two measurements the monotonic clock carries on, so a missed one does no harm.
        with contextlib.suppress(StrongroomError):
            await measure_clock(core)


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run a coroutine beside the block. If it fails, the block is cancelled and the error raised."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        try:
            yield
        finally:
            # Asked more than once: the queue swallows a cancellation that meets it while it connects.
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=STOP_AGAIN_SECONDS)
