"""The request in progress, for log lines and metrics.

There is one note per request. `Front` creates it, and it is completed as the request proceeds. It is kept in
a context variable, because code that logs often has no access to the request.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from strongroom_core.access.action import Plane
from strongroom_core.kernel.origin import Origin

NO_OPERATION = "none"
"""The name for a request that didn't reach an operation: an unknown path, a wrong method, or a preflight."""


@dataclass(slots=True)
class RequestNote:
    """A request in progress. `method` is the one that was sent, which is HEAD even where GET is served.

    `status` is 0 until the response starts; `code` is None if there is no error.
    """

    origin: Origin
    plane: Plane
    method: str = ""
    operation: str = NO_OPERATION
    route: str = "-"
    status: int = 0
    code: str | None = None


NOTE: ContextVar[RequestNote] = ContextVar("strongroom.request")
"""Set while a request is being served."""
