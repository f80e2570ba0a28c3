"""Whether the server works, for load balancers and people. Tells nothing else (H-4)."""

import asyncio
from typing import Any, Literal

from litestar import Response, get

from strongroom_api.answers import Answer, AnswerT
from strongroom_api.callers import ApiRequest
from strongroom_api.errors import USUAL_RETRY
from strongroom_api.process import DashboardState, Process
from strongroom_core.kernel.errors import StrongroomError
from strongroom_core.operate.start import measure_clock

PATIENCE = 3.0
"""Seconds that the database may take to answer before it counts as away."""

Status = Literal["ok", "degraded", "sealed", "not_initialised"]


class HealthAnswer(Answer, kw_only=True, frozen=True):
    """`degraded`: the server runs, and its database does not answer."""

    status: Status


class OverallAnswer(HealthAnswer, kw_only=True, frozen=True, omit_defaults=True):
    """How the whole server is. `dashboard` is missing where the API runs by itself."""

    dashboard: DashboardState | None = None


@get("/health", operation_id="health")
async def overall(request: ApiRequest) -> Response[OverallAnswer]:
    """Say how the server is: 200 while it is unsealed, even if its database is away."""
    status = await status_of(request.process)
    answer = OverallAnswer(status=status, dashboard=request.process.dashboard)
    return _answer(answer, well=status in ("ok", "degraded"))


@get("/health/live", operation_id="healthLive")
async def live() -> HealthAnswer:
    """Say that the process runs: restarting it would help nobody."""
    return HealthAnswer(status="ok")


@get("/health/ready", operation_id="healthReady")
async def ready(request: ApiRequest) -> Response[HealthAnswer]:
    """Say whether requests are served: unsealed, and the database answers."""
    status = await status_of(request.process)
    return _answer(HealthAnswer(status=status), well=status == "ok")


async def status_of(process: Process) -> Status:
    """Return how the process is, asking the database where it matters."""
    if process.core is None:
        return "not_initialised" if process.problem is None else "degraded"
    if process.core.sealed:
        return "sealed"
    try:
        async with asyncio.timeout(PATIENCE):
            await measure_clock(process.core)
    except (TimeoutError, StrongroomError):
        return "degraded"
    return "ok"


def _answer(answer: AnswerT, *, well: bool) -> Response[AnswerT]:
    if well:
        return Response(answer)
    return Response(answer, status_code=503, headers={"Retry-After": str(USUAL_RETRY)})


HANDLERS: list[Any] = [overall, live, ready]
