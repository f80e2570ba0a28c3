"""Routes a request to its API by path. Signed requests bypass the web framework.

Every request gets its ID here. It is also timed, counted and logged here.
"""

import logging
import time
from typing import Any, cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from strongroom_api.body_budget import BudgetedBody
from strongroom_api.callers import origin_of
from strongroom_api.machine.calls import READ_PREFIX, find_call
from strongroom_api.machine.enrolment import Enrolment, is_unsigned, template_of
from strongroom_api.machine.plane import MachinePlane
from strongroom_api.process import Process
from strongroom_api.request_log import log_request
from strongroom_api.request_note import NOTE, RequestNote
from strongroom_core.access.action import Plane

MACHINE_PLANE = "/v1/"

_requests = logging.getLogger("strongroom.api")


class Front:
    """An ASGI application around all APIs."""

    def __init__(self, others: ASGIApp, process: Process) -> None:
        self._others = others
        self._process = process
        self._machines = MachinePlane(process)
        self._enrolment = Enrolment(process)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one connection to its API."""
        if scope["type"] != "http":
            await self._others(scope, receive, send)
            return
        note = RequestNote(
            origin_of(cast("dict[str, Any]", scope), self._process),
            _plane_of(scope["path"]),
            scope["method"],
        )
        token = NOTE.set(note)
        metrics, started = self._process.metrics, time.perf_counter()
        metrics.begin_request()
        body = BudgetedBody(receive, self._process.bodies, note.origin)
        try:
            await self._serve(scope, body.receive, send)
        finally:
            body.give_back()
            seconds = time.perf_counter() - started
            metrics.end_request(note, seconds)
            _log(scope, note, seconds)
            NOTE.reset(token)

    async def _serve(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if not path.startswith(MACHINE_PLANE):
            await self._others(scope, receive, send)
        elif is_unsigned(path):
            await self._enrolment(scope, receive, send)
        else:
            await self._machines(scope, receive, send)


def _plane_of(path: str) -> Plane:
    """Return the plane, as far as the path shows it. Only the operation determines it exactly."""
    signed = path.startswith(MACHINE_PLANE) and not is_unsigned(path)
    return Plane.MACHINE if signed else Plane.PUBLIC


def _log(scope: HTTPScope, note: RequestNote, seconds: float) -> None:
    if not _requests.isEnabledFor(logging.INFO):
        return
    machines = scope["path"].startswith(MACHINE_PLANE)
    log_request(
        note.origin,
        method=scope["method"],
        route=_template(scope["path"]) if machines else note.route,
        status=note.status,
        seconds=seconds,
    )


def _template(path: str) -> str:
    """Return the path with placeholders instead of IDs and tokens."""
    if is_unsigned(path):
        return template_of(path)
    found = find_call(path)
    if found is None:
        return "-"
    return f"{READ_PREFIX}{{id}}" if found[1] else path
