"""Runs a process until it is stopped, along with its database, clock and jobs."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
import uvloop

from strongroom_core.kernel.batches import ObserveBatch
from strongroom_core.kernel.errors import StrongroomError, Unavailable
from strongroom_core.runtime.start import (
    measure_clock,
    open_blind_core,
    open_core,
    refresh_countries,
)
from strongroom_worker.app import work
from strongroom_worker.watch import watch

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine

    from strongroom_core.core import Core
    from strongroom_core.doctor.announce import Host
    from strongroom_core.settings import Settings

CLOCK_SECONDS = 10.0
AGAIN_SECONDS = 2.0
STOP_AGAIN_SECONDS = 3.0
STOPS = (signal.SIGINT, signal.SIGTERM)

Result = TypeVar("Result")

_log = structlog.get_logger()


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`, and cancel it once on SIGINT or SIGTERM, so that it can clean up (graceful shutdown).

    Further signals are ignored: every cleanup has a time limit. Errors in `work` are raised here.
    """
    uvloop.run(_watched(work))


async def _watched(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(work)
    loop = asyncio.get_running_loop()
    asked: list[int] = []

    def stop(number: int) -> None:
        if not asked:
            task.cancel()
        asked.append(number)

    for number in STOPS:
        loop.add_signal_handler(number, stop, number)
    try:
        await task
    except asyncio.CancelledError:
        if not asked:
            raise


async def open_when_there(
    settings: Settings,
    explain: Callable[[str], None],
    observe: ObserveBatch,
    *,
    blind: bool = False,
) -> Core:
    """Return a sealed core, or a blind one, waiting while the database is unavailable.

    `explain` gets the reason for waiting, and `observe` gets every batch of reads. Raises `NotInitialised`.
    """

    async def open_once() -> Core:
        if blind:
            return await open_blind_core(settings)
        return await open_core(settings, observe=observe)

    return await when_available(open_once, explain)


async def when_available(
    act: Callable[[], Awaitable[Result]], explain: Callable[[str], None]
) -> Result:
    """Return what `act` returns, trying again while it raises `Unavailable`.

    `explain` gets the reason each time; it is logged only when it changes.
    """
    said = None
    while True:
        try:
            return await act()
        except Unavailable as error:
            explain(error.reason)
            if error.reason != said:
                said = error.reason
                _log.warning("database_unreachable", reason=said, remedy=error.remedy)
            await asyncio.sleep(AGAIN_SECONDS)


@contextlib.asynccontextmanager
async def keeping_time(core: Core) -> AsyncGenerator[None]:
    """Measure the database's clock, and reload a changed country file, every ten seconds during the block."""
    async with beside(_keep_time(core)):
        yield


@contextlib.asynccontextmanager
async def working(core: Core, jobs_url: str) -> AsyncGenerator[None]:
    """Run the worker for the duration of the block; it pauses while the core is sealed."""
    async with beside(work(core, jobs_url)):
        yield


@contextlib.asynccontextmanager
async def watching(core: Core, host: Host) -> AsyncGenerator[None]:
    """Watch this machine's disk and certificate for the duration of the block."""
    async with beside(watch(core, host)):
        yield


async def _keep_time(core: Core) -> None:
    while True:
        await asyncio.sleep(CLOCK_SECONDS)
        # The monotonic clock is used between measurements, so a missed measurement does no harm.
        with contextlib.suppress(StrongroomError):
            await measure_clock(core)
        await refresh_countries(core)


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Run a coroutine alongside the block. If it fails, cancel the block and raise the error."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        try:
            yield
        finally:
            # Cancel repeatedly: the queue swallows a cancellation while it connects.
            while not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=STOP_AGAIN_SECONDS)
