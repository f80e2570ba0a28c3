"""Measures how many simultaneous exports affect everyone else.

``./run bench exports [--exports N] [--secrets N] [--seconds N]`` starts its own PostgreSQL and server. First,
it reads one secret after another and asks for readiness, without exports and then during 30 exports of 1,900
secrets. Then, 64 exports over 200 projects run on two server processes, and every error is counted: 53200 is
PostgreSQL's code for too little memory for locks.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks.load import hardware
from strongroom_core.core import Core
from strongroom_core.db.connection import connect
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.api_process import ApiProcess
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import TestMachine, approved_machine, grant, granted_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import make_operator
from strongroom_testkit.world import World

EXPORT = "/v1/secrets/export"
PROJECTS, PROJECT_EXPORTS = 200, 64
PATIENCE_SECONDS = 120.0


@dataclass(slots=True)
class Seen:
    """The latencies of reads in seconds, and the statuses of everything."""

    reads: list[float] = field(default_factory=list[float])
    statuses: Counter[str] = field(default_factory=Counter[str])

    @property
    def p99(self) -> float:
        ordered = sorted(self.reads)
        return 1000 * ordered[int(0.99 * len(ordered))]


def main() -> None:
    parser = argparse.ArgumentParser(
        description="Measure how simultaneous exports affect other clients."
    )
    parser.add_argument("--exports", type=int, default=30)
    parser.add_argument("--secrets", type=int, default=1_900)
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        asyncio.run(_bench(Path(name), options))


async def _bench(folder: Path, options: argparse.Namespace) -> None:
    cluster = await Cluster.start(folder / "data", fsync=True)
    name = await cluster.fresh_database()
    core = await open_core(Settings(database_url=cluster.url(name)))
    processes: list[ApiProcess] = []
    try:
        print(hardware(), flush=True)
        await unseal(core, cluster.root)
        person = await make_operator(core, cluster.initialised.setup_token, Markers())
        world = World(core, person, Markers())
        project = await world.project("large")
        secrets = [await world.secret(project, f"S_{n}") for n in range(options.secrets)]
        exporter = await granted_machine(world, project, *secrets, hostname="exporter")
        reader = await granted_machine(world, project, secrets[0], hostname="reader")
        wide = await _attached_to_many(world)
        print(f"{options.secrets} secrets, and a machine with {PROJECTS} projects", flush=True)
        processes += [await ApiProcess.start(cluster, name, folder) for _ in range(2)]
        urls = [process.url or "" for process in processes]
        await _beside_exports(core, urls[0], reader, secrets[0].id, exporter, options)
        await _over_many_projects(core, cluster, name, urls, wide)
    finally:
        for process in processes:
            process.kill()
        await core.database.close()
        await cluster.stop()


async def _attached_to_many(world: World) -> TestMachine:
    machine = await approved_machine(world, "wide")
    for n in range(PROJECTS):
        project = await world.project(f"project-{n}")
        await grant(world, machine, project, await world.secret(project, "ONLY"))
    return machine


async def _beside_exports(
    core: Core,
    url: str,
    reader: TestMachine,
    secret: str,
    exporter: TestMachine,
    options: argparse.Namespace,
) -> None:
    alone, beside = Seen(), Seen()
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client:
        await _read(core, client, reader, secret, Seen(), until=time.monotonic() + 2)
        await _read(core, client, reader, secret, alone, until=time.monotonic() + options.seconds)
        watching = asyncio.create_task(_read(core, client, reader, secret, beside))
        began = time.monotonic()
        done = await asyncio.gather(*(_export(core, url, exporter) for _ in range(options.exports)))
        took = time.monotonic() - began
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    print(f"\n{options.exports} exports of {options.secrets} secrets in {took:.1f} s:", flush=True)
    print(f"  statuses of exports, with retries: {dict(sum(done, Counter()))}")
    print(f"  other reads: {len(alone.reads)} alone, {len(beside.reads)} beside exports")
    print(f"  statuses beside them: {dict(beside.statuses)}")
    print(
        f"  p99 of other reads: {alone.p99:.1f} ms alone, {beside.p99:.1f} ms beside exports,"
        f" ×{beside.p99 / alone.p99:.1f}",
        flush=True,
    )


async def _read(
    core: Core,
    client: httpx.AsyncClient,
    reader: TestMachine,
    secret: str,
    seen: Seen,
    *,
    until: float = float("inf"),
) -> None:
    """Read a secret again and again, and ask for readiness now and then."""
    path = f"/v1/secret/{secret}"
    for n in itertools.count():
        if time.monotonic() >= until:
            return
        headers = reader.headers("GET", path, at=_now(core))
        began = time.perf_counter()
        answer = await client.get(path, headers=headers)
        seen.reads.append(time.perf_counter() - began)
        seen.statuses[f"read {answer.status_code}"] += 1
        if n % 20 == 0:
            ready = await client.get("/health/ready")
            seen.statuses[f"readiness {ready.status_code}"] += 1


async def _export(core: Core, url: str, exporter: TestMachine) -> Counter[str]:
    """Export until it succeeds: a server with too many waiting exports asks the client to try again later."""
    told: Counter[str] = Counter()
    body = json.dumps({}).encode()
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_SECONDS) as client:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            headers = exporter.headers("POST", EXPORT, body, at=_now(core))
            headers["Content-Type"] = "application/json"
            answer = await client.post(EXPORT, content=body, headers=headers)
            told[str(answer.status_code)] += 1
            if answer.status_code not in (429, 503):
                break
            await asyncio.sleep(min(float(answer.headers.get("Retry-After", 1)), 5))
    return told


async def _over_many_projects(
    core: Core, cluster: Cluster, name: str, urls: list[str], wide: TestMachine
) -> None:
    exports = [_export(core, urls[n % len(urls)], wide) for n in range(PROJECT_EXPORTS)]
    tasks = [asyncio.create_task(export) for export in exports]
    most, failures = 0, Counter[str]()
    while not all(task.done() for task in tasks):
        # A new connection each time: when the memory for locks is used up, it can't even begin.
        try:
            connection = await connect(cluster.administrator_url(name))
            try:
                most = max(most, await connection.fetchval("select count(*) from pg_locks"))
            finally:
                await connection.close()
        except Exception as error:  # noqa: BLE001 -- counted
            failures[type(error).__name__] += 1
        await asyncio.sleep(0.05)
    told = sum(await asyncio.gather(*tasks), Counter[str]())
    log = cluster.postgres.log_path.read_text(errors="replace")
    connection = await connect(cluster.administrator_url(name))
    try:
        room = await connection.fetchval(
            "select current_setting('max_locks_per_transaction')::int"
            " * current_setting('max_connections')::int"
        )
    finally:
        await connection.close()
    print(f"\n{PROJECT_EXPORTS} exports over {PROJECTS} projects on {len(urls)} processes:")
    print(f"  statuses, with retries: {dict(told)}")
    print(f"  locks at once: at most {most} seen, room for {room}")
    print(f"  out of memory for locks (53200): {log.count('out of shared memory')}")
    print(f"  connections that failed meanwhile: {dict(failures) or 'none'}")


def _now(core: Core) -> int:
    return int(core.clock.now().timestamp())


if __name__ == "__main__":
    main()
