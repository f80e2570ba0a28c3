"""Erase a purged project, portion by portion."""

from strongroom_core.core import Core
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.operate.sweep import worker
from strongroom_core.projects.trash import erase_project
from strongroom_worker.jobs.item import Item


async def run(core: Core, item: Item) -> None:
    """Erase until nothing is left. An interrupted run is taken up where it stopped."""
    caller = worker("erase_project", item.vault)
    while not await erase_project(core, caller, ProjectId(item.subject)):
        pass
