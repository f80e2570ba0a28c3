"""Measures the rate, latency and cost of signed reads, compared with a baseline measured in the same run.

``python -m benchmarks.reads [--seconds N] [--connections 1,16,64] [--processes 1,2]`` starts its
own PostgreSQL with fsync on, serves the real application, and sends it requests signed in advance. It
also prints figures for comparison: the same read one statement at a time (the baseline), pgbench's commits
per second with a bare insert on the same PostgreSQL, and how many Ed25519 signatures one core verifies.
Everything shares this machine's cores, so the ratios mean more than the figures.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nacl.signing import SigningKey, VerifyKey

from strongroom_core.crypto.random import random_bytes
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
    from collections.abc import Iterator

    from strongroom_testkit.machine import TestMachine

SECRETS = 50


@dataclass(frozen=True, slots=True)
class Load:
    """The result of one run. Latencies are in milliseconds, CPU in milliseconds per read."""

    reads: int
    seconds: float
    p50: float
    p99: float
    server_cpu: float
    database_cpu: float
    errors: int

    @property
    def per_second(self) -> float:
        return self.reads / self.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--connections", default="1,16,64")
    parser.add_argument("--processes", default="1,2")
    parser.add_argument(
        "--profile", action="store_true", help="profile the server with pyinstrument"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        asyncio.run(_bench(Path(name), options))


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
                with _servers(cluster, database, variant, processes, options.profile) as running:
                    for n in connections:
                        load = drive(running, machine, secrets, n, options.seconds, cluster)
                        if variant == "baseline":
                            base[n] = load.per_second
                        times = (
                            f"  ×{load.per_second / base[n]:.2f} of baseline" if n in base else ""
                        )
                        print(
                            f"{variant:12s} {processes:9d} {n:5d} {load.per_second:9.0f}"
                            f"  {load.per_second / verifications:9.3f}  {load.per_second / commits[n]:10.2f}"
                            f"  {load.p50:8.1f} {load.p99:8.1f}  {load.server_cpu:10.3f}"
                            f"  {load.database_cpu:6.3f}  {load.errors:6d}{times}",
                            flush=True,
                        )
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
def _servers(
    cluster: Cluster, database: str, variant: str, processes: int, profile: bool
) -> Iterator[Running]:
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


def drive(
    running: Running,
    machine: TestMachine,
    secrets: list[str],
    connections: int,
    seconds: float,
    cluster: Cluster,
) -> Load:
    """Send requests signed in advance on keep-alive connections, from a separate process."""
    # Sign twice as many as could be needed, before the clock starts.
    wanted = int(seconds * 4000) + 500
    requests = list(_signed(machine, secrets, wanted))
    server_before = sum(map(_cpu, running.pids))
    database_before = _tree_cpu(cluster.postgres.pid or 0)
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    process = context.Process(
        target=_client, args=(theirs, running.ports, requests, connections, seconds)
    )
    process.start()
    result = mine.recv()
    process.join()
    server = sum(map(_cpu, running.pids)) - server_before
    database = _tree_cpu(cluster.postgres.pid or 0) - database_before
    latencies = sorted(result["latencies"])
    reads = len(latencies) or 1
    return Load(
        reads=len(latencies),
        seconds=result["seconds"],
        p50=1000 * latencies[len(latencies) // 2] if latencies else 0.0,
        p99=1000 * latencies[int(len(latencies) * 0.99)] if latencies else 0.0,
        server_cpu=1000 * server / reads,
        database_cpu=1000 * database / reads,
        errors=result["errors"],
    )


def _signed(machine: TestMachine, secrets: list[str], wanted: int) -> Iterator[bytes]:
    at = int(time.time())  # noqa: TID251 -- the database runs on this machine
    for n in range(wanted):
        path = f"/v1/secret/{secrets[n % len(secrets)]}"
        nonce = b64encode(random_bytes(16)).decode()
        headers = machine.headers("GET", path, at=at, nonce=nonce)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        yield f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()


def _client(pipe: object, ports: list[int], requests: list[bytes], n: int, seconds: float) -> None:
    import uvloop  # noqa: PLC0415 -- only in the client's process

    result = uvloop.run(_load(ports, requests, n, seconds))
    pipe.send(result)  # type: ignore[attr-defined]


async def _load(
    ports: list[int], requests: list[bytes], n: int, seconds: float
) -> dict[str, object]:
    latencies: list[float] = []
    errors = 0
    supply = iter(requests)
    end = time.perf_counter() + seconds
    start = time.perf_counter()

    async def connection(port: int) -> None:
        nonlocal errors
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in supply:
            began = time.perf_counter()
            if began >= end:
                break
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            if head.startswith(b"HTTP/1.1 200"):
                latencies.append(time.perf_counter() - began)
            else:
                errors += 1
        writer.close()

    await asyncio.gather(*(connection(ports[k % len(ports)]) for k in range(n)))
    return {"latencies": latencies, "errors": errors, "seconds": time.perf_counter() - start}


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _tree_cpu(root: int) -> float:
    """Return the CPU time of a process and all its descendants, including dead ones (cutime, cstime)."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            fields = stat.read_text().rsplit(")", 1)[1].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    total, todo = 0.0, [root]
    while todo:
        pid = todo.pop()
        total += _cpu(pid)
        todo += children.get(pid, [])
    return total


if __name__ == "__main__":
    main()
