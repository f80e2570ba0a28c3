"""Health checks for load balancers and people. They reveal nothing else (H-4)."""

from typing import Any, Literal, TypeVar

from litestar import Response, get

from strongroom_api.callers import ApiRequest
from strongroom_api.errors import USUAL_RETRY
from strongroom_api.process import DashboardState, Process
from strongroom_core.access.operations import strangers
from strongroom_core.kernel.view import View
from strongroom_core.runtime.measure import find_write_problem

Status = Literal["ok", "degraded", "sealed", "not_initialised"]


class HealthAnswer(View):
    """`degraded`: the server is running, but its database doesn't respond or can't write."""

    status: Status


class OverallAnswer(HealthAnswer, omit_defaults=True):
    """The status of the whole server. `dashboard` is missing if only the API is running."""

    dashboard: DashboardState | None = None


HealthT = TypeVar("HealthT", bound=HealthAnswer)


@get("/health", operation_id="health", opt={"operation": strangers(None)})
async def overall(request: ApiRequest) -> Response[OverallAnswer]:
    """Return the server's status: 200 while it is unsealed, even if its database is unavailable."""
    status = await status_of(request.process)
    answer = OverallAnswer(status=status, dashboard=request.process.dashboard)
    return _answer(answer, well=status in ("ok", "degraded"))


@get("/health/live", operation_id="healthLive", opt={"operation": strangers(None)})
async def live() -> HealthAnswer:
    """Return 200 while the process is running and a restart wouldn't help."""
    return HealthAnswer(status="ok")


@get("/health/ready", operation_id="healthReady", opt={"operation": strangers(None)})
async def ready(request: ApiRequest) -> Response[HealthAnswer]:
    """Return 200 if requests can be served: unsealed, and the database accepts writes."""
    status = await status_of(request.process)
    return _answer(HealthAnswer(status=status), well=status == "ok")


async def status_of(process: Process) -> Status:
    """Return the process's status. Queries the database if the status depends on it."""
    if process.core is None:
        return "not_initialised" if process.problem is None else "degraded"
    if process.core.sealed:
        return "sealed"
    return "ok" if await find_write_problem(process.core) is None else "degraded"


def _answer(answer: HealthT, *, well: bool) -> Response[HealthT]:
    if well:
        return Response(answer)
    return Response(answer, status_code=503, headers={"Retry-After": str(USUAL_RETRY)})


HANDLERS: list[Any] = [overall, live, ready]
