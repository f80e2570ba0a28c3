"""The worker: SAQ wakes it, core says what is due.

It runs in the server's process or in one of its own, as often as wanted: the queue lets one of them
have each wake-up, and every act is idempotent besides.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import psycopg
import saq
import structlog
from psycopg_pool import PoolTimeout
from saq.types import Context

from strongroom_core.core import Core
from strongroom_worker.jobs import wake
from strongroom_worker.jobs.registry import require_jobs_listed
from strongroom_worker.queue import connected_queue

EVERY_FEW_SECONDS = "* * * * * */2"
EVERY_MINUTE = "* * * * *"
EVERY_HOUR = "7 * * * *"

_ATTEMPTS = 3
_AGAIN_SECONDS = 2.0
_POLL_SECONDS = 1.0
_STUCK_SECONDS = 5
_LONGEST_RUN_SECONDS = 600

_log = structlog.get_logger()


class QueueWorker(saq.Worker[Context]):
    """SAQ's worker without its signal handlers: the process it runs in has its own."""

    SIGNALS: ClassVar[list[Any]] = []  # pyright: ignore[reportIncompatibleVariableOverride]


async def work(core: Core, jobs_url: str) -> None:
    """Work until cancelled. A queue that cannot be reached is tried again every two seconds.

    Raises `TableMismatch` at once when the jobs are not those that are listed.
    """
    require_jobs_listed()
    while True:
        try:
            async with connected_queue(jobs_url) as queue:
                await _run(QueueWorker(queue, **_options(core)))
        except (psycopg.OperationalError, PoolTimeout, OSError) as error:
            _log.warning("queue_unreachable", error=type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)
        else:
            return


async def _run(worker: QueueWorker) -> None:
    # SAQ takes a cancellation for a request to stop and returns; whoever cancelled wants to know.
    await worker.start()
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _waker(core: Core, function: Callable[[Core], Awaitable[None]]) -> Any:
    async def run(_context: Context) -> None:
        if not core.sealed:
            await function(core)

    # SAQ names functions, and tells its cron jobs apart, by this.
    run.__qualname__ = function.__name__
    return run


def _options(core: Core) -> dict[str, Any]:
    # SAQ's defaults (one attempt, swept once a minute) lose the job of a worker that was killed.
    robust: dict[str, Any] = {"timeout": _LONGEST_RUN_SECONDS, "retries": _ATTEMPTS}
    times = (
        (wake.drain, EVERY_FEW_SECONDS),
        (wake.tally, EVERY_FEW_SECONDS),
        (wake.purge, EVERY_MINUTE),
        (wake.forget_nonces, EVERY_MINUTE),
        (wake.sweep, EVERY_HOUR),
    )
    return {
        "functions": [],
        "cron_jobs": [
            saq.CronJob(_waker(core, function), cron=cron, **robust) for function, cron in times
        ],
        "timers": {"sweep": _STUCK_SECONDS},
        "concurrency": len(times),
        "poll_interval": _POLL_SECONDS,
    }
