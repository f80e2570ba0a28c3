"""Which plane a request belongs to, by its path alone. Signed requests go past the framework.

Whatever the plane, a request gets its id here, and here it is timed, counted and logged.
"""

import logging
import time
from typing import Any, cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from strongroom_api.callers import origin_of
from strongroom_api.machine.calls import READ_PREFIX, find_call
from strongroom_api.machine.enrolment import PREFIX, REGISTER, Enrolment
from strongroom_api.machine.plane import MachinePlane
from strongroom_api.process import Process
from strongroom_api.request_log import log_request
from strongroom_api.request_note import NOTE, RequestNote
from strongroom_core.access.actions import Plane

MACHINE_PLANE = "/v1/"

_requests = logging.getLogger("strongroom.api")


class Front:
    """An ASGI application around all planes."""

    def __init__(self, others: ASGIApp, process: Process) -> None:
        self._others = others
        self._process = process
        self._machines = MachinePlane(process)
        self._enrolment = Enrolment(process)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one connection to its plane."""
        if scope["type"] != "http":
            await self._others(scope, receive, send)
            return
        note = RequestNote(
            origin_of(cast("dict[str, Any]", scope), self._process), _plane_of(scope["path"])
        )
        token = NOTE.set(note)
        metrics, started = self._process.metrics, time.perf_counter()
        metrics.begin_request()
        try:
            await self._serve(scope, receive, send)
        finally:
            seconds = time.perf_counter() - started
            metrics.end_request(note, seconds)
            _log(scope, note, seconds)
            NOTE.reset(token)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if not path.startswith(MACHINE_PLANE):
            await self._others(scope, receive, send)
        elif path.startswith(PREFIX):
            await self._enrolment(scope, receive, send)
        else:
            await self._machines(scope, receive, send)


def _plane_of(path: str) -> Plane:
    """Return whose plane this is, as far as the path tells; the operation will tell more."""
    signed = path.startswith(MACHINE_PLANE) and not path.startswith(PREFIX)
    return Plane.MACHINE if signed else Plane.PUBLIC


def _log(scope: HTTPScope, note: RequestNote, seconds: float) -> None:
    machines = scope["path"].startswith(MACHINE_PLANE)
    # Asked first, because signed requests are the ones that come by the thousand.
    if machines and not _requests.isEnabledFor(logging.INFO):
        return
    log_request(
        note.origin,
        method=scope["method"],
        route=_template(scope["path"]) if machines else note.route,
        status=note.status,
        seconds=seconds,
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
