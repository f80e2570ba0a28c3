"""Routes a request to its API by path. Signed requests bypass the web framework.

Every request gets its ID here. It is also timed, counted and logged here.
"""

import logging
import time
from collections.abc import Awaitable, Callable, Sequence

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

Respond = Callable[[int, Sequence[tuple[bytes, bytes]], bytes], Awaitable[None]]
"""Sends a complete response: status, headers, body."""

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
        path, origin = (
            scope["path"],
            origin_of(scope.get("client"), scope["headers"], self._process),
        )
        note = RequestNote(origin, _plane_of(path), scope["method"])
        body = BudgetedBody(receive, self._process.bodies, origin)
        try:
            await self._noted(note, path, self._serve(scope, body.receive, send))
        finally:
            body.give_back()

    async def read(
        self,
        path: bytes,
        headers: Sequence[tuple[bytes, bytes]],
        client: tuple[str, int | None] | None,
        respond: Respond,
    ) -> None:
        """Serve a GET request for a secret's value, without query and body, as `__call__` would.

        The HTTP server passes most reads directly, because the messages, tasks and layers of ASGI take
        longer than the read itself (`docs/design/reading-a-secret.md`).
        """
        note = RequestNote(origin_of(client, headers, self._process), Plane.MACHINE, "GET")

        async def serve() -> None:
            await respond(*await self._machines.read(path, headers, note))

        await self._noted(note, path.decode("ascii"), serve())

    async def _noted(self, note: RequestNote, path: str, serving: Awaitable[None]) -> None:
        """Time, count and log a request while it is being served."""
        token = NOTE.set(note)
        metrics, started = self._process.metrics, time.perf_counter()
        metrics.begin_request()
        try:
            await serving
        finally:
            seconds = time.perf_counter() - started
            metrics.end_request(note, seconds)
            _log(path, note, seconds)
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


def _log(path: str, note: RequestNote, seconds: float) -> None:
    if not _requests.isEnabledFor(logging.INFO):
        return
    machines = path.startswith(MACHINE_PLANE)
    log_request(
        note.origin,
        method=note.method,
        route=_template(path) if machines else note.route,
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
