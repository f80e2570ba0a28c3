"""Runs `strongroom-server` as a real process with real files, sockets and signals."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

GENEROUS_SECONDS = 120.0
PROGRAM = (sys.executable, "-m", "strongroom_server")


@dataclass(slots=True)
class Running:
    """A process of `strongroom-server` that keeps running."""

    process: subprocess.Popen[bytes]
    output: Path
    ready_file: Path

    def ready(self) -> dict[str, Any]:
        """Wait for the ready file and return its content."""
        deadline = time.monotonic() + GENEROUS_SECONDS
        while not self.ready_file.exists():
            if self.process.poll() is not None:
                pytest.fail(f"the program exited with {self.process.returncode}: {self.said()}")
            if time.monotonic() > deadline:
                pytest.fail(f"the program did not become ready: {self.said()}")
            time.sleep(0.02)
        return json.loads(self.ready_file.read_bytes())

    def said(self) -> str:
        """Return the program's output so far, on both streams."""
        return self.output.read_text()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the program to exit, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(GENEROUS_SECONDS)


@dataclass(slots=True)
class Program:
    """Runs `strongroom-server`; everything it started ends with the test."""

    folder: Path
    environment: dict[str, str]
    _started: list[Running] = field(default_factory=list[Running])

    def run(self, *arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to completion, with `given` on its standard input."""
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            input=given,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=GENEROUS_SECONDS,
            check=False,
        )

    def start(
        self,
        *arguments: str | Path,
        given: str | None = None,
        limits: Sequence[str] = (),
        folder: Path | None = None,
    ) -> Running:
        """Start a command that keeps running, with its own ready file.

        `limits` are options of prlimit(1); the program works in `folder`.
        """
        limited = ["prlimit", *limits] if limits else []
        number = len(self._started)
        output, ready = self.folder / f"output-{number}", self.folder / f"ready-{number}.json"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*limited, *PROGRAM, *map(str, arguments), "--ready-file", str(ready)],
                cwd=folder,
                stdin=subprocess.PIPE if given is not None else subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=self.environment,
            )
        if given is not None and process.stdin is not None:
            process.stdin.write(given.encode())
            process.stdin.close()
        running = Running(process, output, ready)
        self._started.append(running)
        return running

    def end_all(self) -> None:
        """End everything that is still running."""
        for running in self._started:
            running.end()


@pytest.fixture(scope="session")
def cluster_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty cache for prepared clusters, which no other run uses."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory, cluster_cache: Path) -> Iterator[Program]:
    """The program, in an environment without database settings."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name != "DATABASE_URL" and not name.startswith("STRONGROOM_")
    }
    if binaries := os.environ.get("STRONGROOM_PG_BIN"):
        environment["STRONGROOM_PG_BIN"] = binaries
    environment["XDG_CACHE_HOME"] = str(cluster_cache)
    # Building its pages would take longer than most of these tests.
    environment["STRONGROOM_WITHOUT_DASHBOARD"] = "1"
    program = Program(tmp_path_factory.mktemp("program"), environment)
    yield program
    program.end_all()


def get(url: str, path: str) -> httpx.Response:
    """Send the running server a GET."""
    return httpx.get(f"{url}{path}", timeout=GENEROUS_SECONDS)


def eventually(holds: Any, what: str) -> None:
    """Wait until `holds()` is true."""
    deadline = time.monotonic() + GENEROUS_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"timed out waiting until {what}")
        time.sleep(0.05)


def fingerprint(folder: Path) -> dict[str, str]:
    """Return a hash of every file in a folder, and the file type of everything else."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "no file"
        )
        for path in sorted(folder.rglob("*"))
    }


def postgres_in(folder: Path) -> list[int]:
    """Return the PostgreSQL processes that are running in a data folder."""
    found: list[int] = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdecimal() and (process / "cwd").readlink() == folder / "postgres":
                found.append(int(process.name))
        except OSError:
            continue
    return found


@dataclass(frozen=True, slots=True)
class Tools:
    """Functions shared by the tests of processes."""

    get: Any = get
    eventually: Any = eventually
    fingerprint: Any = fingerprint
    postgres_in: Any = postgres_in


@pytest.fixture
def tools() -> Tools:
    """Functions that inspect a server from outside."""
    return Tools()


def root_in(text: str) -> str:
    """Return the root key that a command printed."""
    [line] = [line for line in text.splitlines() if "skr1-" in line]
    return line[line.index("skr1-") :].strip()


@dataclass(frozen=True, slots=True)
class Installation:
    """The result of `init`."""

    data: Path
    root: str = field(repr=False)
    token: str = field(repr=False)


@pytest.fixture
def installation(program: Program, tmp_path: Path) -> Installation:
    """A data folder after `init`."""
    data = tmp_path / "data"
    done = program.run("init", "--data", data)

    assert done.returncode == 0, done.stderr

    token = done.stdout.splitlines()[-1].rpartition("#")[2].strip()
    return Installation(data, root_in(done.stdout), token)
