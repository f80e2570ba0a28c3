"""A server that is killed at any moment never delivers a value without its event (R-4, S-9).

The test suite kills processes a few times; `STRONGROOM_KILLS` or the proof raises the number.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random  # noqa: TID251 -- random moments to kill at, not secrets
from typing import Any

import httpx
import pytest

from strongroom_core.db.connection import connect
from strongroom_core.kernel.errors import Busy, Unavailable
from strongroom_core.maintain import tally_reads
from strongroom_testkit.api_process import API, WORKER, ApiProcess
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World

pytestmark = pytest.mark.programs

FEW = int(os.environ.get("STRONGROOM_KILLS", "6"))
ALL = int(os.environ.get("STRONGROOM_KILLS", "100"))
VICTIMS = ("server", "worker", "PostgreSQL")
GENEROUS_SECONDS = 120.0
READERS = 6


@pytest.fixture
async def durable(run: Any, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    """A PostgreSQL for this test only, with fsync on."""
    cluster = await Cluster.start(tmp_path_factory.mktemp("durable") / "data", fsync=True)
    run.markers.note(cluster.initialised.setup_token)
    yield cluster
    await cluster.stop()


@dataclass(slots=True)
class Ledger:
    """A file of what clients received: one line with the request ID for each delivered value."""

    file: Path
    statuses: Counter[str] = field(default_factory=Counter[str])
    delivered: int = 0

    def note(self, answer: httpx.Response) -> None:
        """Write down a delivered value before doing anything else with it."""
        self.statuses[str(answer.status_code)] += 1
        if answer.status_code == 200:
            with self.file.open("a") as file:
                file.write(answer.headers["x-request-id"] + "\n")
            self.delivered += 1

    def read(self) -> list[str]:
        """Return the request IDs of delivered values."""
        return self.file.read_text().split()


@dataclass(slots=True)
class Load:
    """Machines that read continuously from a server that is repeatedly killed."""

    world: World
    machines: list[TestMachine]
    path: str
    ledger: Ledger
    url: str = ""
    going: bool = True

    async def read_on(self, machine: TestMachine) -> None:
        """Read until stopped, and try again whenever the server is unavailable."""
        async with httpx.AsyncClient(timeout=GENEROUS_SECONDS) as client:
            while self.going:
                at = int(self.world.core.clock.now().timestamp())
                headers = machine.headers("GET", self.path, at=at)
                try:
                    answer = await client.get(f"{self.url}{self.path}", headers=headers)
                except httpx.HTTPError:
                    self.ledger.statuses["no answer"] += 1
                    await asyncio.sleep(0.1)
                    continue
                self.ledger.note(answer)
                if answer.status_code != 200:
                    await asyncio.sleep(0.1)

    async def progress(self, reads: int) -> None:
        """Wait until this many more values have been delivered."""
        wanted = self.ledger.delivered + reads
        async with asyncio.timeout(GENEROUS_SECONDS):
            while self.ledger.delivered < wanted:
                await asyncio.sleep(0.01)


def postmaster(cluster: Cluster) -> int:
    """Return the process ID of the running PostgreSQL."""
    return int((cluster.postgres.data / "postmaster.pid").read_text().split()[0])


async def _prove(cluster: Cluster, markers: Any, open_world: Any, folder: Path, kills: int) -> None:
    random = Random(kills)
    database = await cluster.fresh_database()
    async with open_world(cluster, database, markers) as world:
        project = await world.project("billing")
        secret = await world.secret(project, "API_KEY")
        machines = [
            await granted_machine(world, project, secret, hostname=f"web-{number}")
            for number in range(READERS)
        ]
        processes = {
            "server": await ApiProcess.start(cluster, database, folder, part=API),
            "worker": await ApiProcess.start(cluster, database, folder, part=WORKER),
        }
        ledger = Ledger(folder / "ledger")
        load = Load(world, machines, f"/v1/secret/{secret.id}", ledger)
        load.url = processes["server"].url or ""
        readers = [asyncio.create_task(load.read_on(machine)) for machine in machines]
        killed: Counter[str] = Counter()
        try:
            await load.progress(READERS)
            for number in range(kills):
                victim = VICTIMS[number % len(VICTIMS)]
                await asyncio.sleep(random.uniform(0, 0.3))
                killed[victim] += 1
                if victim == "PostgreSQL":
                    restarts = cluster.postgres.restarts
                    os.kill(postmaster(cluster), signal.SIGKILL)
                    async with asyncio.timeout(GENEROUS_SECONDS):
                        while cluster.postgres.restarts == restarts:
                            await asyncio.sleep(0.01)
                else:
                    processes[victim].kill()
                    processes[victim] = await _start(cluster, database, folder, victim)
                    load.url = processes["server"].url or ""
                await load.progress(READERS)
                # None of the processes that weren't killed has exited.
                assert [None, None] == [each.process.poll() for each in processes.values()]
        finally:
            load.going = False
            await asyncio.gather(*readers, return_exceptions=True)
            for process in processes.values():
                process.kill()
        entries = {
            entry["request_id"]
            for entry in await world.entries("secret_read")
            if entry["outcome"] == "done"
        }
        counted = await _counted(world, cluster.administrator_url(database))
    delivered = ledger.read()
    print(f"\nkilled: {dict(killed)}; answers: {dict(ledger.statuses)}")
    print(f"delivered: {len(delivered)}, entries: {len(entries)}, counted: {counted}")

    assert [] == [reader.exception() for reader in readers if reader.exception() is not None]
    assert len(delivered) == len(set(delivered)) >= READERS * kills
    assert set() == set(delivered) - entries
    assert len(entries) == counted
    assert set(ledger.statuses) <= {"200", "503", "no answer"}


async def _start(cluster: Cluster, database: str, folder: Path, victim: str) -> ApiProcess:
    part = API if victim == "server" else WORKER
    return await ApiProcess.start(cluster, database, folder, part=part)


async def _counted(world: World, url: str) -> int:
    """Tally the remaining reads, and return the total number counted."""
    # Transactions of killed processes end when PostgreSQL notices.
    async with asyncio.timeout(GENEROUS_SECONDS):
        while True:
            with suppress(Unavailable, Busy):
                if await tally_reads(world.core) == 0:
                    break
    administrator = await connect(url)
    try:
        return int(await administrator.fetchval("select sum(read_count) from secret"))
    finally:
        await administrator.close()


async def test_a_few_kills(durable: Cluster, markers: Any, open_world: Any, tmp_path: Path) -> None:
    """R-4, S-9: server, worker and PostgreSQL are killed at random moments under load."""
    await _prove(durable, markers, open_world, tmp_path, FEW)


@pytest.mark.prove
async def test_a_hundred_kills(
    durable: Cluster, markers: Any, open_world: Any, tmp_path: Path
) -> None:
    """R-4, S-9: the same test with a hundred kills."""
    await _prove(durable, markers, open_world, tmp_path, ALL)


async def test_a_killed_read_sends_no_value(nodes: Any, superuser: Any, signed_get: Any) -> None:
    """R-4: a server killed between check and commit sends no value, writes no event and uses up no nonce."""
    world = nodes.world
    project = await world.project("cut off")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    path, now = f"/v1/secret/{secret.id}", int(nodes.core.clock.now().timestamp())
    headers = machine.headers("GET", path, at=now)
    await superuser.execute("begin")
    await superuser.execute("select from secret_grant where machine = $1 for update", machine.id)
    here, there = nodes.clients()
    cut = asyncio.create_task(here.get(path, headers=headers))
    await until_waiting(superuser)
    nodes.processes[0].kill()
    with pytest.raises(httpx.HTTPError):
        await cut
    await superuser.execute("commit")

    # PostgreSQL may finish the statement before it notices; it then rolls everything back.
    again = await there.get(path, headers=headers)
    assert 200 == again.status_code
    assert [again.headers["x-request-id"]] == [
        entry["request_id"]
        for entry in await world.entries("secret_read")
        if entry["target_id"] == secret.id
    ]
    for client in (here, there):
        await client.aclose()
    await nodes.start()
