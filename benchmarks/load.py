"""Sends prepared requests over keep-alive connections, and measures rate, latency and CPU.

The client runs in its own process, so that its work doesn't delay the measurements of the program that
started it. A server's CPU time is from the kernel's scheduler statistics, in nanoseconds, for all of its
processes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from nacl.signing import SigningKey

from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import connect
from strongroom_wire.canonical import signed_bytes
from strongroom_wire.signatures import signature_headers

MOST_A_SECOND = 12_000
"""The number of requests to prepare per second, which is more than a server can answer."""
MOST_PER_CONNECTION = 3_000
ENDING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Load:
    """The result of one run. Latencies are in milliseconds, CPU in milliseconds per read.

    `cpu` has one figure for each group of processes that was measured.
    """

    reads: int
    seconds: float
    p50: float
    p99: float
    cpu: tuple[float, ...]
    errors: int

    @property
    def per_second(self) -> float:
        return self.reads / self.seconds

    @property
    def all_cpu(self) -> float:
        return sum(self.cpu)


def signed_reads(
    machine: str,
    key: SigningKey,
    secrets: Sequence[str],
    wanted: int,
    *,
    server: str | None = None,
) -> list[bytes]:
    """Return this many requests, each with its own nonce, signed by a machine.

    With `server`, the public URL, they are signed in the form of RFC 9421 instead of with the four headers.
    """
    at = int(time.time())  # noqa: TID251 -- the database runs on this machine
    made: list[bytes] = []
    for n in range(wanted):
        path = f"/v1/secret/{secrets[n % len(secrets)]}"
        nonce = b64encode(random_bytes(16)).decode()
        if server is None:
            signature = b64encode(key.sign(signed_bytes("GET", path, at, nonce, b"")).signature)
            headers = {
                "X-Machine-Id": machine,
                "X-Timestamp": str(at),
                "X-Nonce": nonce,
                "X-Signature": signature.decode(),
            }
        else:
            headers = signature_headers(
                "GET",
                server + path,
                b"",
                key_id=machine,
                created=at,
                nonce=nonce,
                sign=lambda base: key.sign(base).signature,
            )
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        made.append(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode())
    return made


def most_reads(connections: int, seconds: float) -> int:
    """Return how many requests to prepare for a run."""
    return int(seconds * min(MOST_A_SECOND, MOST_PER_CONNECTION * connections))


def send(
    ports: Sequence[int],
    requests: Sequence[bytes],
    connections: int,
    seconds: float,
    groups: Sequence[Sequence[int]],
) -> Load:
    """Send requests for some seconds, one at a time on each connection.

    `groups` are the root processes to measure, such as the server and the database.
    """
    before = [_cpu_of(roots) for roots in groups]
    context = multiprocessing.get_context("fork")
    mine, theirs = context.Pipe()
    client = context.Process(target=_client, args=(theirs, ports, requests, connections, seconds))
    client.start()
    latencies, errors, took = mine.recv()
    client.join()
    after = [_cpu_of(roots) for roots in groups]
    latencies.sort()
    reads = len(latencies)
    if not reads:
        raise RuntimeError(f"the server answered no read with 200 ({errors} other answers)")
    return Load(
        reads=reads,
        seconds=took,
        p50=1000 * latencies[reads // 2],
        p99=1000 * latencies[int(reads * 0.99)],
        cpu=tuple(_spent(*pair) / 1e6 / reads for pair in zip(before, after, strict=True)),
        errors=errors,
    )


def idle_cpu(groups: Sequence[Sequence[int]], seconds: float = 3.0) -> float:
    """Return how many milliseconds of CPU the processes use in a second without requests."""
    before = [_cpu_of(roots) for roots in groups]
    time.sleep(seconds)
    after = [_cpu_of(roots) for roots in groups]
    return sum(_spent(*pair) for pair in zip(before, after, strict=True)) / 1e6 / seconds


def _client(
    pipe: Any, ports: Sequence[int], requests: Sequence[bytes], n: int, seconds: float
) -> None:
    import uvloop  # noqa: PLC0415 -- only in the client's process

    pipe.send(uvloop.run(_send(ports, requests, n, seconds)))


async def _send(
    ports: Sequence[int], requests: Sequence[bytes], n: int, seconds: float
) -> tuple[list[float], int, float]:
    loop = asyncio.get_running_loop()
    run = _Run(iter(requests), loop.create_future(), time.perf_counter() + seconds, n)
    start = time.perf_counter()
    for k in range(n):
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", ports[k % len(ports)])
    await run.done
    return run.latencies, run.errors, time.perf_counter() - start


class _Run:
    """The state that all connections of a run share."""

    def __init__(
        self, supply: Iterator[bytes], done: asyncio.Future[None], end: float, running: int
    ) -> None:
        self.supply, self.done, self.end, self.running = supply, done, end, running
        self.latencies: list[float] = []
        self.errors = 0


class _Connection(asyncio.Protocol):
    """Sends the next request after each response. Faster than asyncio's streams."""

    def __init__(self, run: _Run) -> None:
        self._run = run
        self._received = b""
        self._began = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self._received = body[length:]
        if head.startswith(b"HTTP/1.1 200"):
            self._run.latencies.append(time.perf_counter() - self._began)
        else:
            self._run.errors += 1
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._run.running -= 1
        if self._run.running == 0 and not self._run.done.done():
            self._run.done.set_result(None)

    def _next(self) -> None:
        self._began = time.perf_counter()
        request = None if self._began >= self._run.end else next(self._run.supply, None)
        if request is None:
            self._transport.close()
        else:
            self._transport.write(request)


def _cpu_of(roots: Sequence[int]) -> dict[str, int]:
    """Return how many nanoseconds each thread of the processes and their descendants has run."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, IndexError):
            parent = int(stat.read_text().rsplit(")", 1)[1].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found: dict[str, int] = {}
    todo = list(roots)
    while todo:
        pid = todo.pop()
        todo += children.get(pid, [])
        for thread in Path(f"/proc/{pid}/task").glob("*"):
            with contextlib.suppress(OSError, IndexError):
                found[thread.name] = int((thread / "schedstat").read_text().split()[0])
    return found


def _spent(before: dict[str, int], after: dict[str, int]) -> int:
    """Return the nanoseconds spent between two readings. A thread that has ended counts as idle."""
    return sum(ran - before.get(thread, 0) for thread, ran in after.items())


class Deployment:
    """A running `benchmarks.deployment`, of this checkout or another. Use it in a `with` block."""

    def __init__(
        self, folder: Path, python: Path = Path(sys.executable), *, vaults: int = 1
    ) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        program = Path(__file__).with_name("deployment.py")
        with (folder / "said").open("wb") as said:
            # Another checkout's interpreter must find its own packages, not this checkout's.
            self._process = subprocess.Popen(
                [python, "-P", program, folder, str(vaults)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env={name: text for name, text in os.environ.items() if name != "PYTHONPATH"},
            )

    def __enter__(self) -> Self:
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line:
            self.__exit__()
            raise RuntimeError(
                f"the deployment did not start: {(self._folder / 'said').read_text()[-2000:]}"
            )
        facts = json.loads(line)
        self.port: int = facts["port"]
        self.groups = [[facts["server"]], [facts["database"]]]
        self.administrator: str = facts["administrator"]
        self._readers: list[dict[str, Any]] = facts["readers"]
        self.person: dict[str, str] = facts.get("person", {})
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(ENDING_SECONDS)

    def read(self, connections: int, seconds: float) -> Load:
        """Read for some seconds, with newly signed requests, from the vaults in turn."""
        wanted = -(-most_reads(connections, seconds) // len(self._readers))
        turns = zip(*(_signed(each, wanted) for each in self._readers), strict=True)
        requests = list(itertools.chain.from_iterable(turns))
        return send([self.port], requests, connections, seconds, self.groups)

    def entries(self) -> int:
        """Return the number of entries in the audit log."""
        return asyncio.run(self._entries())

    async def _entries(self) -> int:
        connection = await connect(self.administrator)
        try:
            return await connection.fetchval("select count(*) from audit_entry")
        finally:
            await connection.close()


def _signed(reader: dict[str, Any], wanted: int) -> list[bytes]:
    key = SigningKey(bytes.fromhex(reader["key"]))
    return signed_reads(reader["machine"], key, reader["secrets"], wanted)


def hardware() -> str:
    """Return a line about this computer and its current load."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "unknown processor",
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"{os.cpu_count()} × {model}, {memory:.0f} GiB, Linux {os.uname().release},"
        f" Python {sys.version.split()[0]}, load {os.getloadavg()[0]:.1f}"
    )


def interval(ratios: Sequence[float]) -> tuple[float, float, float]:
    """Return the median of paired ratios and its 95% confidence interval.

    The ends of the interval are two of the sorted ratios, chosen with the binomial distribution, so no
    distribution of the ratios is assumed. With fewer than six ratios, the interval is their whole range, with
    lower confidence.
    """
    ordered = sorted(ratios)
    below, tail = 0, 0.5 ** len(ordered)
    chosen = tail
    while below < (len(ordered) - 1) // 2:
        chosen = chosen * (len(ordered) - below) / (below + 1)
        tail += chosen
        if tail > 0.025:
            break
        below += 1
    return statistics.median(ordered), ordered[below], ordered[-1 - below]
