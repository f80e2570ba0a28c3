"""Confirms that the database's clock is right, and undoes what a clock that was ahead has caused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.installation import INSTALLATION_CLOCK
from strongroom_core.access.clock_check import begin_readings
from strongroom_core.install.restored import SKEW
from strongroom_core.kernel.clock import SLACK

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import System

_MEND = "select * from mend_after_clock($1, $2, $3)"


async def confirm_clock(core: Core, caller: System) -> list[str]:
    """Trust the clock from now on, and return sentences that describe the repairs.

    The time from which requests are accepted is brought forward to five minutes from now, as after a restore,
    so no request signed before now is accepted twice. If a request was signed and accepted while the clock
    was ahead, and its nonce has been dropped, it can be replayed once the clock reaches that time. Sessions,
    devices, counters and lockouts dated in the future are deleted. Deletions and reads that are dated in the
    future get the current time.
    """
    async with gate.perform(core, caller, INSTALLATION_CLOCK) as act:
        repaired = await act.connection.fetchrow(_MEND, act.at, act.at + SKEW, SLACK)
        if repaired is None:
            raise RuntimeError("the function returned no row")
        await begin_readings(act.connection, core.clock.uptime(), act.at)
        act.record(**repaired)
    let_in = act.at + SKEW
    return [
        f"the clock is accepted as correct: {act.at:%Y-%m-%d %H:%M:%S} UTC",
        *_told(repaired, f"machines are accepted again from {let_in:%H:%M:%S} UTC"),
    ]


def _told(repaired: Row, let_in: str) -> list[str]:
    told = [
        f"{number} {what}"
        for number, what in (
            (repaired["sessions"], "sessions dated in the future were ended"),
            (repaired["trash"], "deletions dated in the future now have the current time"),
            (repaired["reads"], "reads dated in the future now have the current time"),
        )
        if number
    ]
    return [let_in, *told] if repaired["floor_lowered"] else told
