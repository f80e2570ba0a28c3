"""One line per request: who, what, how it ended, how long it took. No query, no body, no header.

The logs of `serve` add the operation and the request id to every line that belongs to a request, this
one too, so they are not repeated by whoever writes one.
"""

from collections.abc import MutableMapping
from typing import Any

import structlog

from strongroom_api.request_note import NOTE
from strongroom_core.kernel.origin import Origin

_log = structlog.get_logger("strongroom.api")


def log_request(origin: Origin, *, method: str, route: str, status: int, seconds: float) -> None:
    """Note a finished request. `route` is the template, such as `/api/projects/{project_id}`."""
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
    """Note an error nobody planned for, by its type and place: its text may quote a row or a value."""
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
    """Add the id and the operation of the request that is being served (a structlog processor)."""
    note = NOTE.get(None)
    if note is not None:
        event.setdefault("request_id", note.origin.request_id)
        event.setdefault("operation", note.operation)
    return event
