"""A database that was restored from a backup has forgotten nonces: say so before it serves again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.authenticate import SKEW_SECONDS
from strongroom_core.operate.requests import new_request_id

if TYPE_CHECKING:
    from strongroom_core.core import Core


SKEW = timedelta(seconds=SKEW_SECONDS)

_OTHERS = """
select exists (
    select from pg_stat_activity
    where datname = current_database() and usename = session_user and pid <> pg_backend_pid()
)
"""


async def require_no_server(core: Core) -> None:
    """Raise `Conflict` while anybody else is logged in to the database by the server's log-in.

    `core` has one connection, which is its own. A running server would go on writing the
    incarnation it began with.
    """
    async with core.database.transaction(INSTALLATION) as connection:
        others = await connection.fetchval(_OTHERS)
    if others:
        raise Conflict("a server is connected to this database: stop every one of them first")


async def mark_restored(core: Core) -> int:
    """Begin a new incarnation, in which no request signed up to this moment is accepted.

    A clock may be ahead by the skew that is allowed, so a request from before the restore may bear
    a time that far after it: the floor lies there, and machines are let in again when it is past,
    five minutes from now. Entries carry the incarnation, so the gap between the backup and now can
    be told. Returns its number. To be done by whoever restores, before the first request.
    """
    caller = System("restore", INSTALLATION, Origin("local", new_request_id()))
    async with gate.perform(core, caller, Action.INSTALLATION_RESTORED) as act:
        number = await act.connection.fetchval("select begin_incarnation($1)", act.at + SKEW)
        act.record(incarnation=number)
    core.incarnation = int(number)
    return core.incarnation
