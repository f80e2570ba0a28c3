"""The API's application for tests, with routes registered once: that takes half a second."""

from __future__ import annotations

from copy import copy
from functools import cache
from typing import TYPE_CHECKING

from strongroom_api.app import front_of, register_routes, serve_process
from strongroom_server.serving.http_server import serving

if TYPE_CHECKING:
    import socket
    from contextlib import AbstractAsyncContextManager

    from litestar import Litestar

    from strongroom_api.process import Process

_routes = cache(register_routes)


def make_app(process: Process) -> Litestar:
    """Return what `create_app` returns: an application with its own state, layers and lifespan."""
    app = copy(_routes())
    app.state = app.state.copy()
    app.event_emitter = copy(app.event_emitter)
    app.asgi_router = copy(app.asgi_router)
    app.asgi_router.app = app
    return serve_process(app, process)


def serving_api(app: Litestar, sockets: list[socket.socket]) -> AbstractAsyncContextManager[None]:
    """Serve an application of the API as the server does, with reads that bypass ASGI."""
    return serving(app, sockets, serve_read=front_of(app).read)
