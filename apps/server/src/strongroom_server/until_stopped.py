"""Run until the work is done or somebody asks us to stop."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

import uvloop

STOPS = (signal.SIGINT, signal.SIGTERM)


def run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    """Run `work`, and cancel it once when SIGINT or SIGTERM arrives, so that it can clean up.

    Further signals change nothing: everything that is cleaned up has a time limit of its own. What
    `work` raises by itself is raised here.
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
