"""Sends a request, based only on its path, to the API, to the dashboard, or to a page shown in its place.

Machine requests need only a single comparison. All paths that don't belong to the API go to the dashboard.
Until it is ready, and while the server is sealed, a page explains the situation. A local server has several
names, such as 127.0.0.1, but cookies and websockets work only at its public URL, so pages redirect there.
"""

from __future__ import annotations

from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from strongroom_dashboard.websocket_guard import EVENTS
from strongroom_server.serving.waiting_page import Waiting, send_waiting

if TYPE_CHECKING:
    from strongroom_api.process import Process
    from strongroom_core.settings import Settings
    from strongroom_server.serving.dashboard import DashboardPart

PLANES = ("/v1/", "/api/", "/download/", "/docs/", "/s/", "/d/")
PLANES_THEMSELVES = ("/v1", "/api", "/download", "/docs")
API = (*PLANES, "/health", "/metrics")
SOCKET_PATHS = frozenset(path.encode() for path in EVENTS)
"""The paths of websockets, for the HTTP server."""

_NOT_INITIALISED = Waiting(
    "Not initialized",
    "This server has no vault yet.",
    "An administrator can run `strongroom-server init` on the server. This page reloads automatically.",
)
_AWAY = Waiting(
    "The database isn't responding",
    "The server is running and waiting for its database.",
    "Run `strongroom-server doctor` on the server to find out why. This page reloads automatically.",
)
_SEALED = Waiting(
    "Sealed",
    "The server is running, but it has no root key yet.",
    "An administrator can run `strongroom-server unseal` on the server. This page reloads automatically.",
)


_ELSEWHERE = b"this process serves the dashboard only\n"


class DashboardOnly:
    """Wraps the dispatcher of a process without the API, whose paths other nodes serve."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Reject requests that belong to another node."""
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
        """Pass one connection to the right application."""
        if scope["type"] == "lifespan":
            await self._api(scope, receive, send)
            return
        path = scope["path"]
        if path.startswith(API) or path in PLANES_THEMSELVES:
            await self._api(scope, receive, send)
            return
        location = redirect_of(scope, self._process.known_settings)
        if location is not None:
            await _redirect(location, send)
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
        """Return the page to show instead of every other page, or None if the server is unsealed."""
        core = self._process.core
        if core is None:
            return _NOT_INITIALISED if self._process.problem is None else _AWAY
        return _SEALED if core.sealed else None


def redirect_of(scope: Any, settings: Settings | None) -> bytes | None:
    """Return the page's URL at the public URL, if the request used another of this machine's names.

    Only a local public URL is redirected to, and only at the port that the request reached.
    """
    if settings is None or not settings.is_local or scope["type"] != "http":
        return None
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if scope["method"] not in ("GET", "HEAD") or len(hosts) != 1:
        return None
    public = urlsplit(settings.public_url)
    try:
        asked = urlsplit(f"http://{hosts[0].decode('ascii')}")
        here = (asked.port or 80) == (public.port or 80)
    except ValueError:
        return None
    if asked.hostname == public.hostname or not here:
        return None
    if not (_is_loopback(asked.hostname) and _is_loopback(public.hostname)):
        return None
    query = b"?" + scope["query_string"] if scope["query_string"] else b""
    return settings.public_url.encode() + scope["raw_path"] + query


def _is_loopback(host: str | None) -> bool:
    if host is None or host == "localhost" or host.endswith(".localhost"):
        return host is not None
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


async def _redirect(location: bytes, send: Any) -> None:
    headers = [(b"location", location), (b"content-length", b"0"), (b"cache-control", b"no-store")]
    status = HTTPStatus.TEMPORARY_REDIRECT.value
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
