"""Two API processes on one database, which can be killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx

from strongroom_core.core import Core
from strongroom_core.crypto.password import PasswordCost, PasswordHasher
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.api_process import ApiProcess
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import Person, make_operator
from strongroom_testkit.world import World


@dataclass(slots=True)
class Nodes:
    """Two API processes that share a database, and the test's own core."""

    cluster: Cluster
    database: str
    folder: Path
    world: World
    processes: list[ApiProcess] = field(default_factory=list["ApiProcess"])

    @property
    def core(self) -> Core:
        """The test's own core: a third node."""
        return self.world.core

    async def start(self) -> None:
        """Start both processes, after killing any that are running."""
        self.kill()
        starting = (ApiProcess.start(self.cluster, self.database, self.folder) for _ in range(2))
        self.processes = list(await asyncio.gather(*starting))

    def kill(self) -> None:
        """Kill the running processes, as a power failure would."""
        for process in self.processes:
            process.kill()
        self.processes = []

    def clients(self, each: int = 1) -> list[httpx.AsyncClient]:
        """Make `each` clients for each process, alternating, all with the same new source address."""
        number = next(_addresses)
        address = f"127.30.{number >> 8 & 255}.{number & 255}"
        return [
            httpx.AsyncClient(
                base_url=process.url or "",
                transport=httpx.AsyncHTTPTransport(local_address=address),
                timeout=GENEROUS_SECONDS,
            )
            for _ in range(each)
            for process in self.processes
        ]


_addresses = count(1)

GENEROUS_SECONDS = 60.0
"""A busy machine is slow, but answers."""


@asynccontextmanager
async def opened(
    cluster: Cluster, database: str, markers: Markers, person: Person | None = None
) -> AsyncGenerator[World]:
    """Open a database with an unsealed core. Without a person, create the administrator."""
    core = await open_core(Settings(database_url=cluster.url(database)))
    core.passwords = PasswordHasher(cost=PasswordCost(memory=64, passes=1))
    try:
        await unseal(core, cluster.root)
        person = person or await make_operator(core, cluster.initialised.setup_token, markers)
        yield World(core, person, markers)
    finally:
        await core.database.close()
