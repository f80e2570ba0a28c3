"""One log line per request: caller, operation, result, duration. It never contains a query, body or header.

In the logs of `serve`, every line about a request, including this one, automatically gets the request's
operation and ID.
"""

from collections.abc import MutableMapping
from typing import Any

import structlog

from strongroom_api.request_note import NOTE
from strongroom_core.kernel.origin import Origin

_log = structlog.get_logger("strongroom.api")


def log_request(origin: Origin, *, method: str, route: str, status: int, seconds: float) -> None:
    """Log a finished request. `route` is the template, such as `/api/projects/{project_id}`."""
    _log.info(
        "request",
        request_id=origin.request_id,
        method=method,
        route=route,
        status=status,
        ms=round(seconds * 1000, 1),
        address=origin.address,
    )


def log_unexpected(request_id: str, error: BaseException) -> None:
    """Log only an unexpected error's type and location, because its message could quote a row or a value."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    _log.error(
        "unexpected error",
        request_id=request_id,
        error=type(error).__qualname__,
        place=f"{where.tb_frame.f_globals.get('__name__')}:{where.tb_lineno}" if where else None,
    )


def add_request(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Add the current request's ID and operation (a structlog processor)."""
    note = NOTE.get(None)
    if note is not None:
        event.setdefault("request_id", note.origin.request_id)
        event.setdefault("operation", note.operation)
    return event
