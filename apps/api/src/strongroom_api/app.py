"""All routes, and the layers around them."""

from functools import cache
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.datastructures import State

from strongroom_api.bodies import USUAL_SIZE
from strongroom_api.callers import ApiRequest, admit
from strongroom_api.describe import describe
from strongroom_api.edge import Edge
from strongroom_api.errors import MEDIA_TYPE, allow, answer_to, is_unexpected
from strongroom_api.front import Front
from strongroom_api.human import (
    account,
    alerts,
    allowlist,
    applications,
    canaries,
    enrollment,
    explain,
    factors,
    grants,
    invitations,
    keys,
    machines,
    members,
    operator,
    overview,
    own_account,
    policies,
    projects,
    record,
    recovery,
    roles,
    secrets,
    session,
    shares,
    trash,
    trusts,
    vaults,
    versions,
)
from strongroom_api.machine import calls, enrolment
from strongroom_api.operations import declared_by
from strongroom_api.process import Process
from strongroom_api.public import (
    accounts,
    download,
    entrance,
    health,
    links,
    metrics,
    openapi,
    reference,
    second_step,
)
from strongroom_api.public import keys as key_requests
from strongroom_api.reference.page import render
from strongroom_api.request_log import log_unexpected
from strongroom_api.request_note import NOTE
from strongroom_core.access.operations import Operation, table_of


def routes() -> list[Any]:
    """Return all routes."""
    api = [
        *entrance.HANDLERS,
        *accounts.HANDLERS,
        *second_step.HANDLERS,
        *openapi.HANDLERS,
        *session.HANDLERS,
        *account.HANDLERS,
        *own_account.HANDLERS,
        *factors.HANDLERS,
        *keys.HANDLERS,
        *key_requests.HANDLERS,
        *applications.HANDLERS,
        *projects.HANDLERS,
        *secrets.HANDLERS,
        *versions.HANDLERS,
        *canaries.HANDLERS,
        *shares.HANDLERS,
        *trash.HANDLERS,
        *machines.HANDLERS,
        *enrollment.HANDLERS,
        *grants.HANDLERS,
        *policies.HANDLERS,
        *explain.HANDLERS,
        *allowlist.HANDLERS,
        *alerts.HANDLERS,
        *trusts.HANDLERS,
        *record.HANDLERS,
        *recovery.HANDLERS,
        *overview.HANDLERS,
        *vaults.HANDLERS,
        *members.HANDLERS,
        *invitations.HANDLERS,
        *roles.HANDLERS,
        *operator.HANDLERS,
    ]
    return [
        *health.HANDLERS,
        *metrics.HANDLERS,
        *download.HANDLERS,
        *reference.HANDLERS,
        *links.HANDLERS,
        Router("/api", route_handlers=api),
    ]


def create_app(process: Process) -> Litestar:
    """Return the ASGI application for the human, machine and public APIs.

    `process` can be filled in later. Until it is, and while the server is sealed, only the health endpoints
    work.
    Raises `TableMismatch` if a route has no operation, or has one that its action doesn't allow.
    """
    return serve_process(register_routes(), process)


def register_routes() -> Litestar:
    """Return an application that has all routes, but serves no process yet. Raises as `create_app` does."""
    document = cache(lambda: describe(routes()))

    def _reference() -> bytes:
        return render(msgspec.json.decode(document()))

    app = Litestar(
        route_handlers=routes(),
        guards=[admit],
        before_request=_answer_options,
        request_class=ApiRequest,
        request_max_body_size=USUAL_SIZE,
        exception_handlers={Exception: _answer},
        state=State(
            {
                "document": document,
                "reference": cache(_reference),
                "accepted": cache(lambda: _accepted_words(document())),
            }
        ),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
    operations_of(app)
    return app


def serve_process(app: Litestar, process: Process) -> Litestar:
    """Put the layers around an application that serves no process yet, and return it."""
    app.state.process = process
    app.asgi_handler = Front(Edge(app.asgi_handler, process), process)
    return app


def front_of(app: Litestar) -> Front:
    """Return the layer around an application that `serve_process` has put there."""
    if not isinstance(app.asgi_handler, Front):
        raise TypeError("this application serves no process yet")
    return app.asgi_handler


def operations_of(app: Litestar) -> dict[str, Operation]:
    """Return all operations of an application and of the machine API, by name.

    Raises `TableMismatch` as `table_of` does.
    """
    return table_of([*declared_by(app.routes), *calls.operations(), *enrolment.OPERATIONS.items()])


def all_operations() -> dict[str, Operation]:
    """Return the operations of this release's API, for the generated documents."""
    return operations_of(Litestar(routes(), request_class=ApiRequest, openapi_config=None))


async def _answer_options(request: Request[Any, Any, Any]) -> Response[None] | None:
    """Respond to OPTIONS, because Litestar lists only the methods of a path's first handler."""
    if request.method != "OPTIONS":
        return None
    template = request.scope["path_template"]
    methods = {
        method for route in request.app.routes if route.path == template for method in route.methods
    }
    return Response(None, status_code=204, headers={"Allow": allow(methods)})


def _accepted_words(document: bytes) -> dict[tuple[str, str], list[str]]:
    """Return the words that each query parameter accepts, by operation and parameter."""
    described: dict[str, Any] = msgspec.json.decode(document)
    schemas: dict[str, dict[str, Any]] = described["components"]["schemas"]

    def words_of(schema: dict[str, Any]) -> list[str]:
        named = schema["$ref"].rsplit("/", 1)[-1] if "$ref" in schema else ""
        return schemas[named].get("enum", []) if named else schema.get("enum", [])

    return {
        (operation["operationId"], each["name"]): words
        for operations in described["paths"].values()
        for operation in operations.values()
        for each in operation.get("parameters", [])
        if (words := words_of(each.get("schema", {})))
    }


def _answer(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    note = NOTE.get()
    if is_unexpected(error):
        log_unexpected(note.origin.request_id, error)
    words = request.app.state.accepted
    # A path that doesn't exist has no handler.
    handler: object = dict(request.scope).get("route_handler")
    operation = str(getattr(handler, "operation_id", ""))
    answer = answer_to(
        error, note.origin.request_id, accepted=lambda name: words().get((operation, name), [])
    )
    note.code = answer.code
    return Response(
        answer.body, status_code=answer.status.value, headers=answer.headers, media_type=MEDIA_TYPE
    )
