"""Measures what policies cost: reads of secrets with every condition, compared with reads without a policy.

``./run bench policies [--rounds N] [--seconds N] [--connections 1,16,64]`` starts its own PostgreSQL with
fsync on and serves the real application. Both kinds of secrets are read in turn from one server, in both
orders.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.load import Load, hardware, interval, most_reads, send, signed_reads
from benchmarks.reads import SECRETS, servers
from strongroom_core.kernel.limits import (
    CO_SIGN_LONGEST,
    READS_A_DAY,
    READS_A_MINUTE,
    READS_IN_TOTAL,
)
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import make_operator
from strongroom_testkit.policies import enforced
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from strongroom_testkit.machine import TestMachine

WARM_SECONDS = 2.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", default="1,16,64")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        asyncio.run(_bench(Path(name), options))


async def _bench(folder: Path, options: argparse.Namespace) -> None:
    cluster = await Cluster.start(folder / "data", fsync=True)
    try:
        database = await cluster.fresh_database()
        machine, kinds = await _world(cluster, database)
        print(hardware())
        print(
            f"{options.rounds} rounds; ratios of reads with every condition to reads without a policy"
        )
        with servers(cluster, database) as running:
            groups = [running.pids, [cluster.postgres.pid or 0]]

            def read(kind: str, connections: int, seconds: float) -> Load:
                wanted = most_reads(connections, seconds)
                requests = signed_reads(str(machine.id), machine.key, kinds[kind], wanted)
                return send(running.ports, requests, connections, seconds, groups)

            for kind in kinds:
                read(kind, 16, WARM_SECONDS)
            for n in [int(number) for number in options.connections.split(",")]:
                runs: dict[str, list[Load]] = {kind: [] for kind in kinds}
                for turn in range(options.rounds):
                    for kind in kinds if turn % 2 else reversed(kinds):
                        runs[kind].append(read(kind, n, options.seconds))
                _print(n, runs)
    finally:
        await cluster.stop()


def _print(connections: int, runs: dict[str, list[Load]]) -> None:
    pairs = list(zip(runs["bound"], runs["plain"], strict=True))
    told = [
        f"{title} {middle:.2f} ({low:.2f} to {high:.2f})"
        for title, ratios in (
            ("CPU", [bound.all_cpu / plain.all_cpu for bound, plain in pairs]),
            ("reads/s", [bound.per_second / plain.per_second for bound, plain in pairs]),
            ("p99", [bound.p99 / plain.p99 for bound, plain in pairs]),
        )
        for middle, low, high in [interval(ratios)]
    ]
    errors = sum(load.errors for pair in pairs for load in pair)
    print(f"{connections:3d} connections: {'; '.join(told)}; not 200: {errors}", flush=True)


async def _world(cluster: Cluster, database: str) -> tuple[TestMachine, dict[str, list[str]]]:
    """Return a machine, and equal numbers of secrets with every condition and without, which it can read."""
    core = await open_core(Settings(database_url=cluster.url(database)))
    await unseal(core, cluster.root)
    markers = Markers()
    world = World(
        core, await make_operator(core, cluster.initialised.setup_token, markers), markers
    )
    project = await world.project("bench")
    plain = [await world.secret(project, f"PLAIN_{n}") for n in range(SECRETS)]
    bound = [await world.secret(project, f"BOUND_{n}") for n in range(SECRETS)]
    machine = await granted_machine(world, project, *plain, *bound)
    co_signer = await granted_machine(world, project, *bound, hostname="co-signer")
    await enforced(
        world,
        project,
        *bound,
        time_window_enabled=True,
        time_window_start="00:00",
        time_window_end="00:00",
        time_window_timezone="Europe/Oslo",
        time_window_days=[1, 2, 3, 4, 5, 6, 7],
        ip_allowlist_enabled=True,
        ip_allowlist_cidrs=["127.0.0.0/8", "::1/128"],
        co_sign_enabled=True,
        co_sign_machine_id=str(co_signer.id),
        co_sign_window_seconds=CO_SIGN_LONGEST,
        rate_cap_enabled=True,
        max_reads_per_minute=READS_A_MINUTE,
        max_reads_per_day=READS_A_DAY,
        ttl_expires_at=core.clock.now() + timedelta(days=30),
        ttl_max_reads=READS_IN_TOTAL,
    )
    for secret in bound:
        await read_secret_value(core, await co_signer.caller(world), secret.id)
    await core.database.close()
    return machine, {
        "plain": [secret.id for secret in plain],
        "bound": [secret.id for secret in bound],
    }


if __name__ == "__main__":
    main()
