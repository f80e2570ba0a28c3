"""Declaring that a database was restored from a backup, which needs all servers to be stopped (R-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_core.install.restored import require_no_server
from strongroom_core.kernel.errors import Conflict
from strongroom_core.runtime.start import open_core
from strongroom_core.settings import Settings

if TYPE_CHECKING:
    from strongroom_testkit.cluster import Cluster


async def test_restored_fails_while_a_server_is_running(cluster: Cluster, database: str) -> None:
    """R-3: all servers must be stopped, because a running one would keep using its old incarnation."""
    settings = Settings(database_url=cluster.url(database), database_connections=1)
    core = await open_core(settings)
    await require_no_server(core)
    server = await open_core(settings)
    try:
        with pytest.raises(Conflict):
            await require_no_server(core)
    finally:
        await server.database.close()
        await core.database.close()
