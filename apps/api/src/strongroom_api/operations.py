"""The operations of the API. Routes declare their operations in `opt`; signed calls are listed in a table."""

from collections.abc import Iterable, Iterator
from typing import Any

from litestar.handlers import BaseRouteHandler
from litestar.handlers.http_handlers import HTTPRouteHandler

from strongroom_core.access.operations import Operation


def operation_of(handler: BaseRouteHandler) -> Operation | None:
    """Return the operation that a handler declares, or None."""
    return handler.opt.get("operation")


def name_of(handler: BaseRouteHandler) -> str:
    """Return the name of a handler's operation, or the function's name if the handler has no operation."""
    name = handler.operation_id if isinstance(handler, HTTPRouteHandler) else None
    return name if isinstance(name, str) else f"without operation id: {handler}"


def declared_by(routes: Iterable[Any]) -> Iterator[tuple[str, Operation | None]]:
    """Yield the names and operations of all handlers of an application's routes, except OPTIONS."""
    for route in routes:
        for handler in getattr(route, "route_handlers", []):
            if not (isinstance(handler, HTTPRouteHandler) and handler.http_methods == {"OPTIONS"}):
                yield name_of(handler), operation_of(handler)
