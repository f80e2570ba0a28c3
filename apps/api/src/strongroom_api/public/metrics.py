"""The metrics of this process, for Prometheus. Who may read them was decided at the edge (H-4)."""

import asyncio
from typing import Any

from litestar import Response, get

from strongroom_api.callers import ApiRequest
from strongroom_api.metrics_of_moment import Moment
from strongroom_api.metrics_readers import METRICS
from strongroom_api.process import Process
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.operate.measure import Measured, measure

FORMAT = "text/plain; version=0.0.4"
PATIENCE = 2.0
"""Seconds that the database may take: a scrape must answer just when the database does not."""


@get(METRICS, operation_id="readMetrics", media_type=FORMAT)
async def read(request: ApiRequest) -> Response[bytes]:
    """Return the figures of this process in Prometheus' text format."""
    process = request.process
    core = process.core
    moment = Moment(
        sealed=core is None or core.sealed,
        pool=core.database.pool if core is not None else None,
        measured=await _measured(process),
    )
    body = process.metrics.render() + moment.render()
    return Response(body, media_type=FORMAT)


async def _measured(process: Process) -> Measured | None:
    if process.core is None:
        return None
    try:
        async with asyncio.timeout(PATIENCE):
            return await measure(process.core)
    except (TimeoutError, StrongroomError):
        return None


HANDLERS: list[Any] = [read]
