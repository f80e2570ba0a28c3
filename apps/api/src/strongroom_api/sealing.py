"""While the server is sealed, everything except the health endpoints returns 503 (E-2)."""

from strongroom_api.process import Process
from strongroom_core.core import Core
from strongroom_core.kernel.errors import NotInitialised, Sealed, Unavailable

ALWAYS_OPEN = ("/health", "/health/live", "/health/ready")


def require_open(process: Process) -> Core:
    """Return the core of an unsealed server.

    Raises `NotInitialised`, `Unavailable` or `Sealed`, depending on why there is no core.
    """
    if process.core is None:
        if process.problem is not None:
            raise Unavailable
        raise NotInitialised("the server is not initialized; run `strongroom-server init`")
    if process.core.sealed:
        raise Sealed
    return process.core
