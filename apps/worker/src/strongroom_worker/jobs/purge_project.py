"""Order the erasure of a project whose time in the trash is over."""

from strongroom_core.core import Core
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.operate.sweep import worker
from strongroom_core.projects.trash import purge_project
from strongroom_worker.jobs.item import Item


async def run(core: Core, item: Item) -> None:
    """Order the erasure. Raises `NotFound` when somebody was faster."""
    await purge_project(core, worker("purge_project", item.vault), ProjectId(item.subject))
