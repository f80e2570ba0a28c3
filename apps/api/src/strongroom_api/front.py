"""Which plane a request belongs to, by its path alone. Signed requests go past the framework."""

import logging
import time
from typing import Any, cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from strongroom_api.callers import ORIGIN, origin_of
from strongroom_api.machine.calls import READ_PREFIX, find_call
from strongroom_api.machine.enrolment import PREFIX, REGISTER, Enrolment
from strongroom_api.machine.plane import MachinePlane
from strongroom_api.process import Process
from strongroom_api.request_log import log_request
from strongroom_core.kernel.origin import Origin

MACHINE_PLANE = "/v1/"

_requests = logging.getLogger("strongroom.api")


class Front:
    """An ASGI application around all planes."""

    def __init__(self, others: ASGIApp, process: Process) -> None:
        self._others = others
        self._machines = MachinePlane(process, _noted_origin)
        self._enrolment = Enrolment(process, _noted_origin)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one connection to its plane."""
        if scope["type"] == "http" and scope["path"].startswith(MACHINE_PLANE):
            enrolls = scope["path"].startswith(PREFIX)
            plane = self._enrolment if enrolls else self._machines
            # Asked first, because signed requests are the ones that come by the thousand.
            if _requests.isEnabledFor(logging.INFO):
                await _logged(plane, cast("HTTPScope", scope), receive, send)
            else:
                await plane(scope, receive, send)
        else:
            await self._others(scope, receive, send)


def _noted_origin(scope: dict[str, Any], process: Process) -> Origin:
    origin = scope[ORIGIN] = origin_of(scope, process)
    return origin


async def _logged(
    plane: MachinePlane | Enrolment, scope: HTTPScope, receive: Receive, send: Send
) -> None:
    status = 0

    async def note(message: Any) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    started = time.perf_counter()
    await plane(scope, receive, note)
    log_request(
        cast("dict[str, Any]", scope)[ORIGIN],
        method=scope["method"],
        route=_template(scope["path"]),
        status=status,
        seconds=time.perf_counter() - started,
    )


def _template(path: str) -> str:
    """Return the path with names for what is an id or a token."""
    if path == REGISTER:
        return path
    if path.startswith(PREFIX):
        return f"{PREFIX}{{token}}"
    found = find_call(path)
    if found is None:
        return "-"
    return f"{READ_PREFIX}{{id}}" if found[1] else path
