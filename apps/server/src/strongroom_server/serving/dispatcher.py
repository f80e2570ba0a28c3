"""What a request is for, by its path alone: the API, or the dashboard and whatever stands in for it.

The machine plane is reached after one comparison. Everything that is not the API's belongs to the
dashboard; before that is ready, and while the server is not open, a page says what is going on.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from strongroom_dashboard.gate import EVENTS
from strongroom_server.serving.waiting_page import Waiting, send_waiting

if TYPE_CHECKING:
    from strongroom_api.process import Process
    from strongroom_server.serving.dashboard import DashboardPart

PLANES = ("/v1/", "/api/")
PLANES_THEMSELVES = ("/v1", "/api")
API = (*PLANES, "/health", "/metrics")
SOCKET_PATHS = frozenset(path.encode() for path in EVENTS)
"""What may become a websocket, for the HTTP server."""

_NOT_INITIALISED = Waiting(
    "Not initialised",
    "This server has no vault yet.",
    "Whoever operates it runs `strongroom-server init` where it runs. This page goes on by itself.",
)
_AWAY = Waiting(
    "The database does not answer",
    "The server runs, and waits for its database.",
    "`strongroom-server doctor` says why, where it runs. This page goes on by itself.",
)
_SEALED = Waiting(
    "Sealed",
    "The server runs, and has no key to open anything with.",
    "Whoever operates it runs `strongroom-server unseal` where it runs. This page goes on by itself.",
)


_ELSEWHERE = b"this process serves the dashboard only\n"


class DashboardOnly:
    """Around the dispatcher of a process without the API: its planes are answered by other nodes."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Refuse what belongs to another node."""
        if scope["type"] == "http" and (
            scope["path"].startswith(PLANES) or scope["path"] in PLANES_THEMSELVES
        ):
            headers = [
                (b"content-type", b"text/plain; charset=utf-8"),
                (b"content-length", str(len(_ELSEWHERE)).encode()),
                (b"cache-control", b"no-store"),
            ]
            status = HTTPStatus.MISDIRECTED_REQUEST.value
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": _ELSEWHERE})
            return
        await self._app(scope, receive, send)


class Dispatcher:
    """The outermost ASGI application."""

    def __init__(self, api: Any, dashboard: DashboardPart, process: Process) -> None:
        self._api = api
        self._dashboard = dashboard
        self._process = process

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand one connection to whom it is for."""
        if scope["type"] == "lifespan":
            await self._api(scope, receive, send)
            return
        path = scope["path"]
        if path.startswith(API) or path in PLANES_THEMSELVES:
            await self._api(scope, receive, send)
            return
        waiting = self._stand_in()
        app = self._dashboard.app
        if waiting is None and app is not None:
            await app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1013, "reason": ""})
        else:
            settings = self._process.known_settings
            https = settings is not None and not settings.is_local
            await send_waiting(waiting or self._dashboard.waiting, scope, send, https=https)

    def _stand_in(self) -> Waiting | None:
        """Return what is said instead of any page, None where the server is open."""
        core = self._process.core
        if core is None:
            return _NOT_INITIALISED if self._process.problem is None else _AWAY
        return _SEALED if core.sealed else None
