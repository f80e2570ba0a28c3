"""The worker. SAQ wakes it, and core determines what is due.

It runs in the server's process or in any number of separate processes. The queue gives each wake-up to one of
them, and every action is idempotent anyway.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import psycopg
import saq
from psycopg_pool import PoolTimeout
from saq.queue.postgres import PostgresQueue
from saq.types import Context

from strongroom_core.core import Core
from strongroom_core.kernel.seldom import Seldom
from strongroom_worker import jobs
from strongroom_worker.postman import delivering
from strongroom_worker.queue import connected_queue, drop_far_runs

EVERY_FEW_SECONDS = "* * * * * */2"
EVERY_MINUTE = "* * * * *"
EVERY_HOUR = "7 * * * *"

_ATTEMPTS = 3
_AGAIN_SECONDS = 2.0
_POLL_SECONDS = 1.0
_STUCK_SECONDS = 5
_LONGEST_RUN_SECONDS = 600

QUEUE_FAILURES = Seldom("queue_failures")
"""Logged rarely, because every wake-up fails while the database is unreachable or its disk is full."""


class QueueWorker(saq.Worker[Context]):
    """SAQ's worker without its signal handlers, because the surrounding process has its own."""

    SIGNALS: ClassVar[list[Any]] = []  # pyright: ignore[reportIncompatibleVariableOverride]

    async def schedule(self, lock: int = 1) -> None:
        """Put the next run of each cron job into the queue, unless it is already there.

        SAQ doesn't move a run that is already scheduled. If a machine's clock was ahead, a job might not run
        again until that time. So runs that are scheduled further ahead than any job's interval are deleted
        first.
        """
        if isinstance(self.queue, PostgresQueue):
            await drop_far_runs(self.queue)
        await super().schedule(lock)


async def work(core: Core, jobs_url: str) -> None:
    """Run until canceled. If the queue is unreachable, retry every two seconds.

    Raises `TableMismatch` immediately if the jobs differ from those in the operations table.
    """
    jobs.require_jobs_listed()
    async with delivering(core):
        while True:
            try:
                async with connected_queue(jobs_url) as queue:
                    await _run(QueueWorker(queue, **_options(core)))
            except (psycopg.Error, PoolTimeout, OSError) as error:
                QUEUE_FAILURES.count(type(error).__name__)
                await asyncio.sleep(_AGAIN_SECONDS)
            else:
                return


async def _run(worker: QueueWorker) -> None:
    # SAQ treats cancellation as a request to stop, and returns. But our caller needs the exception.
    await worker.start()
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _waker(core: Core, function: Callable[[Core], Awaitable[None]]) -> Any:
    async def run(_context: Context) -> None:
        if not core.sealed:
            await function(core)

    # SAQ uses this name for functions, and to tell cron jobs apart.
    run.__qualname__ = function.__name__
    return run


def _options(core: Core) -> dict[str, Any]:
    # With SAQ's defaults (one attempt, swept once a minute), the job of a killed worker would be lost.
    robust: dict[str, Any] = {"timeout": _LONGEST_RUN_SECONDS, "retries": _ATTEMPTS}
    times = (
        (jobs.drain, EVERY_FEW_SECONDS),
        (jobs.tally, EVERY_FEW_SECONDS),
        (jobs.send, EVERY_FEW_SECONDS),
        (jobs.alert, EVERY_FEW_SECONDS),
        (jobs.rotate, EVERY_FEW_SECONDS),
        (jobs.heartbeat, EVERY_MINUTE),
        (jobs.purge, EVERY_MINUTE),
        (jobs.expire, EVERY_MINUTE),
        (jobs.tidy, EVERY_MINUTE),
        (jobs.recover, EVERY_MINUTE),
        (jobs.forget_nonces, EVERY_MINUTE),
        (jobs.sweep, EVERY_HOUR),
        (jobs.prune, EVERY_HOUR),
        (jobs.look_ahead, EVERY_HOUR),
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
