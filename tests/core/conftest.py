"""A database that hasn't been migrated yet."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import connect
from strongroom_core.install.roles import provision
from strongroom_testkit.cluster import Cluster


@pytest.fixture
async def empty(cluster: Cluster) -> AsyncIterator[str]:
    """The name of a database in which only the roles exist, as an administrator prepares it."""
    name = f"empty_{random_bytes(4).hex()}"
    administrator = await connect(cluster.administrator_url("postgres"))
    try:
        await administrator.execute(f"create database {name}")
        inside = await connect(cluster.administrator_url(name))
        try:
            await provision(inside, cluster.passwords)
        finally:
            await inside.close()
        yield name
        await administrator.execute(f"drop database {name} with (force)")
    finally:
        await administrator.close()
