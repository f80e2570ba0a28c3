"""The authorization table: all operations of all adapters."""

from functools import cache

from strongroom_api.app import all_operations
from strongroom_core.access.actions.accounts import ACCOUNT_RESET_LINK, ACCOUNT_SIGN_UP_LINK
from strongroom_core.access.actions.installation import (
    INSTALLATION_CLOCK,
    INSTALLATION_INIT,
    INSTALLATION_LINK,
    INSTALLATION_RESTORED,
    INSTALLATION_UNSEAL,
)
from strongroom_core.access.operations import Operation, job, table_of
from strongroom_dashboard.operations import OPERATIONS as OF_THE_DASHBOARD
from strongroom_worker.jobs import OPERATIONS as OF_THE_WORKER

OF_THE_OPERATOR = table_of(
    {
        "init": job(INSTALLATION_INIT),
        "setupLink": job(INSTALLATION_LINK),
        "resetLink": job(ACCOUNT_RESET_LINK),
        "signUpLink": job(ACCOUNT_SIGN_UP_LINK),
        "unseal": job(INSTALLATION_UNSEAL),
        "restored": job(INSTALLATION_RESTORED),
        "clock": job(INSTALLATION_CLOCK),
    }.items()
)
"""The operations that administrators perform on the server itself, with `strongroom-server`."""


@cache
def authorization_table() -> dict[str, Operation]:
    """Return all operations by name. Raises `TableMismatch` for a duplicate name."""
    tables = (all_operations(), OF_THE_DASHBOARD, OF_THE_WORKER, OF_THE_OPERATOR)
    return table_of(row for table in tables for row in table.items())
