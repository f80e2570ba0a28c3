"""Measures the rate, latency and cost of signed reads, compared with a baseline measured in the same run.

``./run bench reads [--seconds N] [--connections 1,16,64] [--processes 1,2]`` starts its own PostgreSQL with
fsync on, serves the real application, and sends it requests signed in advance. It also prints figures for
comparison: the same read one statement at a time (the baseline), pgbench's commits per second with a bare
insert on the same PostgreSQL, and how many Ed25519 signatures one core verifies. Everything shares this
machine's cores, so the ratios mean more than the figures. With ``--against COMMIT`` it compares this checkout
with another commit instead (`benchmarks.against`), reading from one vault or from ``--vaults N``. With
``--forms`` it compares the two forms of a signature instead, the four headers and RFC 9421: both are read in
turn from one server, in both orders.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nacl.signing import SigningKey, VerifyKey

from benchmarks.against import WARM_SECONDS, between, compare, ratios
from benchmarks.load import Load, hardware, most_reads, send, signed_reads
from strongroom_core.crypto.root import encode_root
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import make_operator
from strongroom_testkit.world import World
from strongroom_wire.canonical import signed_bytes

if TYPE_CHECKING:
    from collections.abc import Generator

    from strongroom_testkit.machine import TestMachine

SECRETS = 50
HEADERS, RFC9421 = "headers", "rfc9421"
FORMS = (HEADERS, RFC9421)
PUBLIC_URL = Settings().public_url
"""What the servers of this benchmark expect in a signature of RFC 9421."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--connections", default="1,16,64")
    parser.add_argument("--processes", default="1,2")
    parser.add_argument(
        "--profile", action="store_true", help="profile the server with pyinstrument"
    )
    parser.add_argument("--against", metavar="COMMIT", help="compare with this commit")
    parser.add_argument("--vaults", type=int, default=1, help="vaults that --against reads from")
    parser.add_argument("--forms", action="store_true", help="compare RFC 9421 with four headers")
    parser.add_argument("--rounds", type=int, default=12, help="rounds of --against and --forms")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        if options.forms:
            asyncio.run(_compare_forms(Path(name), options))
        elif options.against is None:
            asyncio.run(_bench(Path(name), options))
        else:
            connections = [int(n) for n in options.connections.split(",")]
            compare(
                Path(name),
                options.against,
                connections,
                rounds=options.rounds,
                seconds=options.seconds,
                vaults=options.vaults,
            )


async def _bench(folder: Path, options: argparse.Namespace) -> None:
    verifications = verifications_per_second()
    print(f"Ed25519 verifications, one core   {verifications:9.0f} /s")
    cluster = await Cluster.start(folder / "data", fsync=True)
    try:
        database = await cluster.fresh_database()
        machine, secrets = await _world(cluster, database)
        connections = [int(n) for n in options.connections.split(",")]
        commits = {n: bare_commits(cluster, database, n, options.seconds) for n in connections}
        for n, rate in commits.items():
            print(f"pgbench bare insert, {n:3d} clients  {rate:9.0f} commits/s")
        print(
            "\nserver       processes conns   reads/s  of verif.  of commits"
            "    p50 ms   p99 ms  cpu server  cpu db  errors"
        )
        base: dict[int, float] = {}
        for variant in ("baseline", "batched"):
            for processes in [int(n) for n in options.processes.split(",")]:
                if variant == "baseline" and processes > 1:
                    continue
                with servers(cluster, database, variant, processes, options.profile) as running:
                    for n in connections:
                        wanted = most_reads(n, options.seconds)
                        load = send(
                            running.ports,
                            signed_reads(str(machine.id), machine.key, secrets, wanted),
                            n,
                            options.seconds,
                            [running.pids, [cluster.postgres.pid or 0]],
                        )
                        if variant == "baseline":
                            base[n] = load.per_second
                        times = (
                            f"  ×{load.per_second / base[n]:.2f} of baseline" if n in base else ""
                        )
                        print(
                            f"{variant:12s} {processes:9d} {n:5d} {load.per_second:9.0f}"
                            f"  {load.per_second / verifications:9.3f}  {load.per_second / commits[n]:10.2f}"
                            f"  {load.p50:8.1f} {load.p99:8.1f}  {load.cpu[0]:10.3f}"
                            f"  {load.cpu[1]:6.3f}  {load.errors:6d}{times}",
                            flush=True,
                        )
    finally:
        await cluster.stop()


async def _compare_forms(folder: Path, options: argparse.Namespace) -> None:
    cluster = await Cluster.start(folder / "data", fsync=True)
    try:
        database = await cluster.fresh_database()
        machine, secrets = await _world(cluster, database)
        print(hardware())
        print(
            f"reads signed in the form of RFC 9421 / with four headers; {options.rounds} rounds of"
            f" {options.seconds:g} s each; ratios: median ({between(options.rounds)})"
        )
        with servers(cluster, database) as running:
            groups = [running.pids, [cluster.postgres.pid or 0]]

            def read(form: str, connections: int, seconds: float) -> Load:
                requests = signed_reads(
                    str(machine.id),
                    machine.key,
                    secrets,
                    most_reads(connections, seconds),
                    server=PUBLIC_URL if form == RFC9421 else None,
                )
                return send(running.ports, requests, connections, seconds, groups)

            for form in FORMS:
                read(form, 16, WARM_SECONDS)
            for n in [int(number) for number in options.connections.split(",")]:
                runs: dict[str, list[Load]] = {form: [] for form in FORMS}
                for turn in range(options.rounds):
                    for form in FORMS if turn % 2 else reversed(FORMS):
                        runs[form].append(read(form, n, options.seconds))
                errors = sum(load.errors for loads in runs.values() for load in loads)
                told = ratios(runs[RFC9421], runs[HEADERS])
                print(f"{n:3d} connections: {told}; not 200: {errors}", flush=True)
    finally:
        await cluster.stop()


def verifications_per_second() -> float:
    """Return how many signatures the server's code verifies in a second."""
    key = SigningKey(bytes(32))
    message = signed_bytes("GET", "/v1/secret/sk_aaaaaaaaaaaaaaaa", 1, "n" * 24, b"")
    signature = key.sign(message).signature
    verify = VerifyKey(bytes(key.verify_key)).verify
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < 1:
        for _ in range(100):
            verify(message, signature)
        count += 100
    return count / (time.perf_counter() - start)


def bare_commits(cluster: Cluster, database: str, clients: int, seconds: float) -> float:
    """Return the commits per second of a single-row insert, measured with the same installation's pgbench."""
    pgbench = cluster.postgres.programs.folder / "pgbench"
    if not pgbench.exists():
        return float("nan")
    with tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False) as script:
        script.write("insert into bench (n) values (1);\n")
    url = cluster.administrator_url(database)
    subprocess.run(
        [pgbench.with_name("psql"), url, "-qc", "create table if not exists bench (n int)"],
        check=True,
    )
    done = subprocess.run(
        [
            *(pgbench, "-n", "-M", "prepared", "-f", script.name, "-c", str(clients)),
            *("-j", "2", "-T", str(max(2, int(seconds / 2))), url),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    Path(script.name).unlink()
    line = next(line for line in done.stdout.splitlines() if line.startswith("tps"))
    return float(line.split("=")[1].split()[0])


async def _world(cluster: Cluster, database: str) -> tuple[TestMachine, list[str]]:
    settings = Settings(database_url=cluster.url(database))
    core = await open_core(settings)
    await unseal(core, cluster.root)
    markers = Markers()
    owner = await make_operator(core, cluster.initialised.setup_token, markers)
    world = World(core, owner, markers)
    project = await world.project("bench")
    secrets = [await world.secret(project, f"SECRET_{n}") for n in range(SECRETS)]
    machine = await granted_machine(world, project, *secrets)
    await core.database.close()
    return machine, [secret.id for secret in secrets]


@dataclass(frozen=True, slots=True)
class Running:
    """Server processes and their ports."""

    pids: list[int]
    ports: list[int]


@contextlib.contextmanager
def servers(
    cluster: Cluster,
    database: str,
    variant: str = "batched",
    processes: int = 1,
    profile: bool = False,
) -> Generator[Running]:
    """Serve the database from new, unsealed processes, and stop them afterwards."""
    running: list[subprocess.Popen[bytes]] = []
    ports: list[int] = []
    environment = {**os.environ, "DATABASE_URL": cluster.url(database)}
    try:
        for _ in range(processes):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            command = [sys.executable, "-m", "benchmarks.read_server", variant, str(port)]
            if profile and variant == "batched":
                command = [*command[:1], "-m", "pyinstrument", "--no-color", "-m", *command[2:]]
            server = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)
            if server.stdin is not None:
                with server.stdin as stdin:
                    stdin.write(encode_root(cluster.root).encode())
            running.append(server)
            ports.append(port)
        for port in ports:
            _wait_for(port)
        yield Running([server.pid for server in running], ports)
    finally:
        for server in running:
            server.send_signal(2)
        for server in running:
            server.wait(30)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise TimeoutError("a server did not start")


if __name__ == "__main__":
    main()
