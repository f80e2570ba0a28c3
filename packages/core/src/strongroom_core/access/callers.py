"""Request IDs, and the server itself as a caller."""

from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.kernel.origin import Origin


def new_request_id() -> str:
    """Return a new ID that identifies one request in logs, entries and error responses.

    The server always generates it, because it goes into the audit log; a client can't choose it.
    """
    return new_id("req")


def system(name: str, vault: VaultId = INSTALLATION) -> System:
    """Return the server itself as a caller, for the job or command `name`."""
    return System(name, vault, Origin("local", new_request_id()))
