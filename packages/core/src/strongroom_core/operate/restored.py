"""A database that was restored from a backup has forgotten nonces: say so before it serves again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.operate.requests import new_request_id

if TYPE_CHECKING:
    from strongroom_core.core import Core


async def mark_restored(core: Core) -> int:
    """Begin a new incarnation, in which no request signed before this moment is accepted.

    Entries carry the incarnation, so the gap between the backup and now can be told. Returns its
    number. To be done by whoever restores, before the first request.
    """
    caller = System("restore", INSTALLATION, Origin("local", new_request_id()))
    async with gate.perform(core, caller, Action.INSTALLATION_RESTORED) as act:
        number = await act.connection.fetchval("select begin_incarnation($1)", act.at)
        act.record(incarnation=number)
    core.incarnation = int(number)
    return core.incarnation
