"""One nonce is accepted once, however many processes get the request at the same moment (WIRE 7, H-3)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import httpx
import pytest

from strongroom_testkit.api_process import CHEAP, ApiProcess
from strongroom_testkit.person_key import approved_key, session_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.markers import Markers
    from strongroom_testkit.people import Person

pytestmark = pytest.mark.programs
ROUNDS, AT_ONCE = 10, 6


async def test_one_nonce_over_two_processes(
    core: Core,
    cluster: Cluster,
    database: str,
    owner: Person,
    tmp_path_factory: pytest.TempPathFactory,
    markers: Markers,
) -> None:
    """WIRE 7, H-3: of twelve copies of a request to two processes, one is accepted, ten times in a row."""
    key = await approved_key(core, await session_of(core, owner, markers))
    folder = tmp_path_factory.mktemp("nodes")
    starting = (ApiProcess.start(cluster, database, folder, argon2=CHEAP) for _ in range(2))
    processes = list(await asyncio.gather(*starting))
    clients = [httpx.AsyncClient(base_url=each.url or "") for each in processes]
    seen: Counter[tuple[int, str]] = Counter()
    try:
        for _ in range(ROUNDS):
            at = int(core.clock.now().timestamp())
            headers = key.headers("GET", "/api/projects", at=at)
            answers = await asyncio.gather(
                *(client.get("/api/projects", headers=headers) for client in clients * AT_ONCE)
            )
            seen += Counter((each.status_code, each.json().get("code", "-")) for each in answers)
    finally:
        for client in clients:
            await client.aclose()
        for process in processes:
            process.kill()

    copies = ROUNDS * AT_ONCE * len(processes)

    assert {(200, "-"): ROUNDS, (401, "nonce_used"): copies - ROUNDS} == seen
