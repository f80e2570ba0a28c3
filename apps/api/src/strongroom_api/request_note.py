"""What is known of the request being served, for its log lines and for the metrics.

One note per request, made by `Front` and filled in as the request goes on. It travels in a context
variable, because lines of the log are written by code that has no request at hand.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from strongroom_core.access.actions import Plane
from strongroom_core.kernel.origin import Origin

NO_OPERATION = "none"
"""The operation of a request that reached none: an unknown path, a wrong method, a preflight."""


@dataclass(slots=True)
class RequestNote:
    """A request under way. `status` is 0 until an answer begins, `code` None without an error."""

    origin: Origin
    plane: Plane
    operation: str = NO_OPERATION
    route: str = "-"
    status: int = 0
    code: str | None = None


NOTE: ContextVar[RequestNote] = ContextVar("strongroom.request")
"""Set for as long as a request is served."""
