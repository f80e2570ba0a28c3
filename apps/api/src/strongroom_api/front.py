"""Which plane a request belongs to, by its path alone. Signed requests go past the framework."""

from litestar.types import ASGIApp, Receive, Scope, Send

from strongroom_api.callers import origin_of
from strongroom_api.machine.enrolment import PREFIX, Enrolment
from strongroom_api.machine.plane import MachinePlane
from strongroom_api.process import Process

MACHINE_PLANE = "/v1/"


class Front:
    """An ASGI application around all planes."""

    def __init__(self, others: ASGIApp, process: Process) -> None:
        self._others = others
        self._machines = MachinePlane(process, origin_of)
        self._enrolment = Enrolment(process, origin_of)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand one connection to its plane."""
        if scope["type"] == "http" and scope["path"].startswith(MACHINE_PLANE):
            enrolls = scope["path"].startswith(PREFIX)
            plane = self._enrolment if enrolls else self._machines
            await plane(scope, receive, send)
        else:
            await self._others(scope, receive, send)
