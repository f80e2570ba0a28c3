"""The outermost layer, which handles all requests, including those that match no route.

Litestar's middleware runs after its router, so 404s and 405s would bypass it. The steps, in order:

(1) a target that isn't in canonical form is treated as unknown and never normalized, except that a page's
path with a slash at the end redirects to the page; (2) the metrics are served only to permitted readers;
(3) while the server is sealed, only the health endpoints work, and people who open a link see a page that
says so; (4) CORS preflights from listed origins get their response; HEAD becomes GET without a body;
(5) the routes run; any exception becomes a problem;
(6) every response gets the security headers, except those that its handler has set.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from strongroom_api.errors import (
    MEDIA_TYPE,
    BodyCutShort,
    NoSuchRoute,
    answer_to,
    is_unexpected,
)
from strongroom_api.headers import (
    Pairs,
    cross_origin_headers,
    preflight_headers,
    usual_headers,
)
from strongroom_api.links.page import LINKS, WAITING, Page
from strongroom_api.metrics_readers import METRICS, require_reader
from strongroom_api.process import Process
from strongroom_api.request_log import log_unexpected
from strongroom_api.request_note import NOTE, RequestNote
from strongroom_api.sealing import ALWAYS_OPEN, require_open
from strongroom_core.kernel.errors import NotInitialised, Sealed, Unavailable

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

LONGEST_TARGET = 1024
HTML = "text/html; charset=utf-8"
_TARGET = re.compile(rb"(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~-]+)+\Z")

_PAGES = frozenset({b"/docs/", b"/download/"})
"""Pages whose URLs people type, possibly with a slash at the end that doesn't belong there."""


class Edge:
    """An ASGI application around the routes."""

    def __init__(self, app: Callable[[Any, Any, Any], Awaitable[None]], process: Process) -> None:
        self._app = app
        self._process = process

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return
        # This is a copy, because servers later read the method from their scope: responses to HEAD have no
        # body.
        scope = dict(scope)
        note = NOTE.get()
        outgoing = _Outgoing(
            send, note, self._headers(scope, note), bodiless=scope["method"] == "HEAD"
        )
        try:
            await self._serve(scope, receive, outgoing, note)
        except Exception as error:  # noqa: BLE001 -- only a problem may leave
            if is_unexpected(error):
                log_unexpected(note.origin.request_id, error)
            if not note.status:
                await _send_problem(outgoing, error, note, self._page_instead(scope, error))
        finally:
            note.route = str(scope.get("path_template", "-"))

    async def _serve(self, scope: Scope, receive: Receive, send: Send, note: RequestNote) -> None:
        target = scope.get("raw_path") or scope["path"].encode()
        if target in _PAGES:
            location = (b"location", target.removesuffix(b"/"))
            await send(_start(308, [location, (b"content-length", b"0")]))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if len(target) > LONGEST_TARGET or not _TARGET.match(target):  # (1)
            raise NoSuchRoute
        if scope["path"] == METRICS:  # (2)
            require_reader(scope, note.origin, self._process)
        elif scope["path"] not in ALWAYS_OPEN:  # (3)
            require_open(self._process)
        if _is_preflight(scope) and self._is_listed(scope):  # (4)
            await send(_start(204, preflight_headers()))
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        if scope["method"] == "HEAD":
            scope["method"] = "GET"
        await self._app(scope, _Incoming(receive), send)  # (5)

    def _page_instead(self, scope: Scope, error: Exception) -> Page | None:
        """Return the page for a person who opens a link while the server can't serve it."""
        away = isinstance(error, Sealed | NotInitialised | Unavailable)
        if (
            not away
            or scope["method"] not in ("GET", "HEAD")
            or not scope["path"].startswith(LINKS)
        ):
            return None
        return Page.of(WAITING, self._process.known_settings)

    def _headers(self, scope: Scope, note: RequestNote) -> Pairs:  # (6)
        settings = self._process.known_settings
        return [
            *usual_headers(note.origin.request_id, settings),
            *cross_origin_headers(scope["headers"], settings),
        ]

    def _is_listed(self, scope: Scope) -> bool:
        return len(cross_origin_headers(scope["headers"], self._process.known_settings)) > 1


class _Incoming:
    """Receives the body, and raises an error if it ends early.

    Litestar would treat a disconnecting client as a server error.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._more = True

    async def __call__(self) -> Any:
        message = await self._receive()
        if message["type"] == "http.request":
            self._more = message.get("more_body", False)
        elif self._more:
            raise BodyCutShort
        return message


class _Outgoing:
    """Sends a response with the usual headers and, for HEAD, without a body."""

    def __init__(self, send: Send, note: RequestNote, headers: Pairs, *, bodiless: bool) -> None:
        self._send = send
        self._note = note
        self._headers = headers
        self._bodiless = bodiless

    async def __call__(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._note.status = message["status"]
            given = {name.lower() for name, _ in message["headers"]}
            usual = [(name, value) for name, value in self._headers if name not in given]
            message["headers"] = [*message["headers"], *usual]
        elif message["type"] == "http.response.body" and self._bodiless:
            message["body"] = b""
        await self._send(message)


async def _send_problem(send: Send, error: Exception, note: RequestNote, page: Page | None) -> None:
    """Send the problem. A person who opened a link gets a page with the same status instead."""
    answer = answer_to(error, note.origin.request_id)
    note.code = answer.code
    headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
    body, media_type = answer.body, MEDIA_TYPE
    if page is not None:
        body, media_type = page.content, HTML
        headers.append((b"content-security-policy", page.policy.encode()))
    headers.append((b"content-type", media_type.encode()))
    headers.append((b"content-length", str(len(body)).encode()))
    await send(_start(answer.status.value, headers))
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _start(status: int, headers: Pairs) -> dict[str, Any]:
    return {"type": "http.response.start", "status": status, "headers": headers}


def _is_preflight(scope: Scope) -> bool:
    names = {name.lower() for name, _ in scope["headers"]}
    return scope["method"] == "OPTIONS" and b"access-control-request-method" in names
