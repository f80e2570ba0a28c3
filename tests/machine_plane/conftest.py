"""The real application on a real port, and processes of it that can be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.core import Core
from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.db.connection import OpenConnection, connect
from strongroom_core.operate.start import open_core
from strongroom_core.operate.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server.serving.http_server import LOCALHOST, serving, take_port
from strongroom_testkit.api_process import ApiProcess
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import TestMachine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, make_operator
from strongroom_testkit.world import World

SignedGet = Callable[..., Awaitable[int]]


@pytest.fixture
async def served(core: Core) -> AsyncIterator[str]:
    """The URL of the application, served on 127.0.0.1 and ::1."""
    sockets = take_port(LOCALHOST, 0)
    url = f"http://localhost:{sockets[0].getsockname()[1]}"
    core.settings = replace(core.settings, public_url=url)
    async with serving(create_app(Process(core)), sockets):
        yield url


@dataclass(slots=True)
class Nodes:
    """Two processes of the API on one database, and the core of the test beside them."""

    cluster: Cluster
    database: str
    folder: Path
    world: World
    processes: list[ApiProcess] = field(default_factory=list["ApiProcess"])

    @property
    def core(self) -> Core:
        """The core of the test itself: a third node."""
        return self.world.core

    async def start(self) -> None:
        """Start both, killing what runs."""
        self.kill()
        starting = (ApiProcess.start(self.cluster, self.database, self.folder) for _ in range(2))
        self.processes = list(await asyncio.gather(*starting))

    def kill(self) -> None:
        """End what runs, as a power cut would."""
        for process in self.processes:
            process.kill()
        self.processes = []

    def clients(self, each: int = 1) -> list[httpx.AsyncClient]:
        """Make clients from one fresh source address, so many for each process, in turns."""
        number = next(_addresses)
        address = f"127.30.{number >> 8 & 255}.{number & 255}"
        return [
            httpx.AsyncClient(
                base_url=process.url or "",
                transport=httpx.AsyncHTTPTransport(local_address=address),
            )
            for _ in range(each)
            for process in self.processes
        ]


_addresses = count(1)


@asynccontextmanager
async def opened(
    cluster: Cluster, database: str, markers: Markers, person: Person | None = None
) -> AsyncGenerator[World]:
    """Open a database with an unsealed core. Without a person, the operator is made."""
    core = await open_core(Settings(database_url=cluster.url(database)))
    core.passwords = PasswordHasher(cost=PasswordCost(memory=64, passes=1))
    try:
        await unseal(core, cluster.root)
        person = person or await make_operator(core, cluster.initialised.setup_token, markers)
        yield World(core, person, markers)
    finally:
        await core.database.close()


@pytest.fixture(scope="session")
def open_world() -> Callable[..., AbstractAsyncContextManager[World]]:
    """Open a database that is not the test's own."""
    return opened


@pytest.fixture(scope="module")
async def nodes(
    cluster: Cluster, run: Any, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Nodes]:
    """Two processes that all tests of a module share; each test has a project of its own."""
    database = await cluster.fresh_database()
    async with opened(cluster, database, run.markers) as world:
        nodes = Nodes(cluster, database, tmp_path_factory.mktemp("nodes"), world)
        try:
            await nodes.start()
            yield nodes
        finally:
            nodes.kill()


@pytest.fixture
async def superuser(nodes: Nodes) -> AsyncIterator[OpenConnection]:
    """A connection that no rule of ours binds, into the database of the two processes."""
    connection = await connect(nodes.cluster.administrator_url(nodes.database))
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
def signed_get() -> SignedGet:
    """Send a freshly signed GET through a client."""

    async def get(client: httpx.AsyncClient, world: World, machine: TestMachine, path: str) -> int:
        at = int(world.core.clock.now().timestamp())
        answer = await client.get(path, headers=machine.headers("GET", path, at=at))
        return answer.status_code

    return get
