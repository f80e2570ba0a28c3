"""All routes in one place, and what surrounds them."""

from functools import cache
from typing import Any

from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State
from litestar.handlers.http_handlers import HTTPRouteHandler

from strongroom_api.bodies import USUAL_SIZE
from strongroom_api.callers import ApiRequest, admit
from strongroom_api.describe import describe
from strongroom_api.edge import Edge
from strongroom_api.errors import MEDIA_TYPE, allow, answer_to, is_unexpected
from strongroom_api.front import Front
from strongroom_api.human import (
    applications,
    grants,
    machines,
    overview,
    projects,
    record,
    recovery,
    secrets,
    session,
    trash,
    versions,
)
from strongroom_api.machine import calls, enrolment
from strongroom_api.process import Process
from strongroom_api.public import entrance, health, metrics, openapi
from strongroom_api.request_log import log_unexpected
from strongroom_api.request_note import NOTE
from strongroom_core.access.actions import Plane
from strongroom_core.access.operations import require_listed

PLANES = frozenset({Plane.HUMAN, Plane.MACHINE, Plane.PUBLIC})


def routes() -> list[Any]:
    """Return every route there is."""
    api = [
        *entrance.HANDLERS,
        *openapi.HANDLERS,
        *session.HANDLERS,
        *applications.HANDLERS,
        *projects.HANDLERS,
        *secrets.HANDLERS,
        *versions.HANDLERS,
        *trash.HANDLERS,
        *machines.HANDLERS,
        *grants.HANDLERS,
        *record.HANDLERS,
        *recovery.HANDLERS,
        *overview.HANDLERS,
    ]
    return [*health.HANDLERS, *metrics.HANDLERS, Router("/api", route_handlers=api)]


def create_app(process: Process) -> Litestar:
    """Return the ASGI application of the human, machine and public planes.

    `process` may be filled in later: until then, and while it is sealed, only the health answers.
    Raises `TableMismatch` when the routes and the authorization table do not agree.
    """
    app = Litestar(
        route_handlers=routes(),
        guards=[admit],
        before_request=_answer_options,
        request_class=ApiRequest,
        request_max_body_size=USUAL_SIZE,
        exception_handlers={Exception: _answer},
        state=State({"process": process, "document": cache(lambda: describe(routes()))}),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    unframed = [*calls.operations(), *enrolment.OPERATIONS]
    require_listed([*operations_of(app), *unframed], PLANES, besides=frozenset())
    app.asgi_handler = Front(Edge(app.asgi_handler, process), process)
    return app


def operations_of(app: Litestar) -> list[str]:
    """Return the operation of every handler; one without a name goes by its function's."""
    return [
        handler.operation_id
        if isinstance(handler.operation_id, str)
        else f"without operation id: {handler}"
        for route in app.routes
        for handler in getattr(route, "route_handlers", [])
        if not (isinstance(handler, HTTPRouteHandler) and handler.http_methods == {"OPTIONS"})
    ]


async def _answer_options(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Answer OPTIONS: Litestar's own list of methods stops at the first handler of a path."""
    if request.method != "OPTIONS":
        return None
    template = request.scope["path_template"]
    methods = {
        method for route in request.app.routes if route.path == template for method in route.methods
    }
    return Response(None, status_code=204, headers={"Allow": allow(methods)})


def _answer(_request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    note = NOTE.get()
    if is_unexpected(error):
        log_unexpected(note.origin.request_id, error)
    answer = answer_to(error, note.origin.request_id)
    note.code = answer.code
    return Response(
        answer.body, status_code=answer.status.value, headers=answer.headers, media_type=MEDIA_TYPE
    )
