"""Take out what has run its time."""

from strongroom_core.core import Core
from strongroom_core.operate import sweep as expired
from strongroom_worker.jobs.item import Item


async def run(core: Core, _item: Item) -> None:
    """Delete expired sessions, links, devices and counters of the installation."""
    await expired.sweep(core)
