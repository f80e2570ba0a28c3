"""What several tests of the core need: PostgreSQL's superuser, and a clock that stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.kernel.clock import MovableClock
from strongroom_testkit.cluster import Cluster


@pytest.fixture
async def administrator(cluster: Cluster, database: str) -> AsyncIterator[OpenConnection]:
    """A connection that no rule of ours binds, into the fresh database."""
    connection = await connect(cluster.administrator_url(database))
    yield connection
    await connection.close()


@pytest.fixture
def clock(core: Core) -> MovableClock:
    """The core's clock, stopped. A second on, so that it is after whatever happened before."""
    stopped = MovableClock(core.clock.now() + timedelta(seconds=1))
    core.clock = stopped
    return stopped
