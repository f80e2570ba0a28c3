"""Saying that a database came from a backup: not while a server works on it (R-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from strongroom_core.kernel.errors import Conflict
from strongroom_core.operate.restored import require_no_server
from strongroom_core.operate.start import open_core
from strongroom_core.settings import Settings

if TYPE_CHECKING:
    from strongroom_testkit.cluster import Cluster


async def test_beside_a_server_nothing_is_said(cluster: Cluster, database: str) -> None:
    """R-3: a running server would go on writing the incarnation it began with."""
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
