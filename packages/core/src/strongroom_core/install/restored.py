"""Handles a database restored from a backup, which lacks the nonces used since then (replay protection)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.installation import INSTALLATION_RESTORED
from strongroom_core.access.callers import system
from strongroom_core.access.clock_check import begin_readings, require_clock_as_before
from strongroom_core.kernel.errors import Conflict, StrongroomError
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.machines.authenticate import SKEW_SECONDS

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection


SKEW = timedelta(seconds=SKEW_SECONDS)

_OTHERS = """
select exists (
    select from pg_stat_activity
    where datname = current_database() and usename = session_user and pid <> pg_backend_pid()
)
"""


_MAY_ASK = "select has_function_privilege('pg_control_system()', 'execute')"


async def require_no_server(core: Core) -> None:
    """Raise `Conflict` while anyone else is connected with the server's login role.

    `core` has a single connection, which doesn't count. A running server would keep writing the old
    incarnation.
    """
    async with core.database.transaction(INSTALLATION) as connection:
        others = await connection.fetchval(_OTHERS)
    if others:
        raise Conflict("a server is connected to this database; stop all of them first")


class FromAnotherCluster(StrongroomError):
    """The database comes from another PostgreSQL cluster: it was restored, but `restored` hasn't been run."""

    code = "from_another_cluster"


async def this_cluster(connection: Connection) -> str:
    """Return the connected cluster's system identifier, or an empty string if PostgreSQL doesn't show it."""
    if not await connection.fetchval(_MAY_ASK):
        return ""
    return await connection.fetchval("select system_identifier::text from pg_control_system()")


async def require_own_cluster(connection: Connection) -> None:
    """Raise `FromAnotherCluster` unless the current incarnation began in the connected cluster.

    Entries are ordered by transaction IDs, which are comparable only within one cluster. A dump also lacks
    the nonces that were used after it was made. A copy of a cluster's files can't be distinguished from the
    cluster itself.
    """
    made_in = await connection.fetchval("select cluster from deployment")
    here = await this_cluster(connection)
    if (
        made_in is None
        # Without permission to query the identifier, which can change, only the transaction IDs are compared.
        or ("" not in (made_in, here) and made_in != here)
        # Copied clusters share an identifier; a transaction ID from the future still gives the copy away.
        or await connection.fetchval("select has_later_entries()")
    ):
        raise FromAnotherCluster(
            "the database comes from another PostgreSQL cluster; if it was restored or upgraded, run"
            " `strongroom-server restored`"
        )


async def mark_restored(core: Core, *, clock_is_right: bool = False) -> int:
    """Begin a new incarnation, in which requests that were signed before now are rejected.

    A machine's clock may be ahead by up to the allowed skew, so a request from before the restore can be
    dated that much later. Therefore the floor is set that far ahead, and machines can authenticate again
    after five minutes. Entries contain the incarnation, so the gap since the backup is visible. Returns the
    new incarnation's number. Must run before the first request after a restore. Raises `Conflict` if this
    machine knows the clock to be wrong, unless `clock_is_right` is true.
    """
    caller = system("restore")
    async with gate.perform(core, caller, INSTALLATION_RESTORED) as act:
        uptime = core.clock.uptime()
        if not clock_is_right:
            await require_clock_as_before(act.connection, uptime, act.at)
        await begin_readings(act.connection, uptime, act.at)
        cluster = await this_cluster(act.connection)
        number = await act.connection.fetchval(
            "select begin_incarnation($1, $2)", act.at + SKEW, cluster
        )
        # This action's entry is the first of the new incarnation, so it follows everything that was restored.
        core.incarnation = int(number)
        act.record(incarnation=number)
    return core.incarnation
