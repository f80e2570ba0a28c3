"""Purge a secret whose time in the trash is over."""

from strongroom_core.core import Core
from strongroom_core.kernel.ids import SecretId
from strongroom_core.operate.sweep import worker
from strongroom_core.secrets.trash import purge_secret
from strongroom_worker.jobs.item import Item


async def run(core: Core, item: Item) -> None:
    """Delete the secret with all its versions. Raises `NotFound` when somebody was faster."""
    await purge_secret(core, worker("purge_secret", item.vault), SecretId(item.subject))
