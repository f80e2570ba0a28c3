"""This process's metrics, for Prometheus. The edge has already checked access (H-4)."""

import asyncio
from typing import Any

from litestar import Response, get

from strongroom_api.callers import ApiRequest
from strongroom_api.metrics_of_moment import Moment
from strongroom_api.metrics_readers import METRICS
from strongroom_api.process import Process
from strongroom_core.access.operations import strangers
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.runtime.measure import Measured, find_write_problem, measure

FORMAT = "text/plain; version=0.0.4"
PATIENCE = 2.0
"""Seconds to wait for the database, because a scrape must succeed even if the database doesn't respond."""


@get(
    METRICS,
    operation_id="readMetrics",
    opt={
        "operation": strangers(
            None, needs="an address in `STRONGROOM_METRICS_FROM`, which is this machine by default"
        )
    },
    media_type=FORMAT,
)
async def read(request: ApiRequest) -> Response[bytes]:
    """Return this process's metrics in Prometheus' text format."""
    process = request.process
    core = process.core
    measured, writable = await asyncio.gather(_measured(process), _is_writable(process))
    moment = Moment(
        sealed=core is None or core.sealed,
        writable=writable,
        pool=core.database.pool if core is not None else None,
        measured=measured,
    )
    body = process.metrics.render() + moment.render()
    return Response(body, media_type=FORMAT)


async def _is_writable(process: Process) -> bool:
    return process.core is not None and await find_write_problem(process.core) is None


async def _measured(process: Process) -> Measured | None:
    if process.core is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            return await measure(process.core)
    except (TimeoutError, StrongroomError):
        return None


HANDLERS: list[Any] = [read]
