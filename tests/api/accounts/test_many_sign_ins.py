"""Many simultaneous sign-ins use limited memory, and don't keep machines from reading (A-6)."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from strongroom_testkit.api_process import ApiProcess
from strongroom_testkit.machine import granted_machine

if TYPE_CHECKING:
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

SIGN_INS = int(os.environ.get("STRONGROOM_SIGN_INS", "200"))
MOST_MORE = 4 * 64 * 1024**2 + 100 * 10**6
"""Four computations of Argon2 at once, and 100 MB for everything else."""

PATIENCE = 300.0


def memory_of(process: ApiProcess) -> int:
    """Return a process's resident memory in bytes."""
    status = Path(f"/proc/{process.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


@pytest.mark.prove
@pytest.mark.programs
async def test_many_sign_ins_use_limited_memory(
    cluster: Cluster, database: str, world: World, tmp_path: Path
) -> None:
    """A-6: of 200 people who sign in at once, some wait and some must try again; all reads are answered."""
    project = await world.project("shop")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    process = await ApiProcess.start(cluster, database, tmp_path)
    reads, sign_ins, path = Counter[int](), Counter[int](), f"/v1/secret/{secret.id}"
    memory: list[int] = []

    def client(address: str) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=process.url or "",
            transport=httpx.AsyncHTTPTransport(local_address=address),
            headers={"Origin": "http://localhost:8200", "X-Strongroom-Client": "tests"},
            timeout=PATIENCE,
        )

    async def sign_in(number: int) -> None:
        body = {"email": world.person.email, "password": world.person.password}
        async with client(f"127.60.{number}.1") as browser:
            response = await browser.post("/api/session", json=body)
        sign_ins[response.status_code] += 1
        for value in response.cookies.values():
            world.markers.note(value)

    async def read() -> None:
        async with client("127.61.0.1") as reader:
            while True:
                at = int(world.core.clock.now().timestamp())
                response = await reader.get(path, headers=machine.headers("GET", path, at=at))
                reads[response.status_code] += 1

    async def watch() -> None:
        while True:
            memory.append(memory_of(process))
            await asyncio.sleep(0.02)

    try:
        await sign_in(SIGN_INS)
        idle = memory_of(process)
        beside = [asyncio.create_task(each()) for each in (read, watch)]
        await asyncio.gather(*(sign_in(number) for number in range(SIGN_INS)))
        for each in beside:
            each.cancel()
        await asyncio.wait(beside)
    finally:
        process.kill()
    more = max(memory) - idle
    print(
        f"\n{SIGN_INS} sign-ins: {dict(sign_ins)}; {idle >> 20} MiB when idle, {more >> 20} MiB more;"
        f" reads: {dict(reads)}"
    )

    assert more <= MOST_MORE
    assert set(sign_ins) <= {200, 429, 503}
    assert sign_ins[200] > 4
    assert {200} == set(reads)
