"""Watches the machine of this process: its disk and its certificate.

It isn't a job in the queue, because one process would perform it for all, and each has its own machine.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from strongroom_core.kernel.seldom import Seldom
from strongroom_worker import jobs

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.doctor.announce import Host

EVERY_SECONDS = 300.0

FAILURES = Seldom("host_unwatched")
"""Logged rarely, because every check fails while the database is unreachable."""


async def watch(core: Core, host: Host) -> None:
    """Check the machine every five minutes, until canceled. Pauses while the core is sealed."""
    while True:
        try:
            if not core.sealed:
                await jobs.check_host(core, host)
        except Exception as error:  # noqa: BLE001 -- no failed check may end the server
            FAILURES.count(type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)
