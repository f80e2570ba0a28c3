"""Runs `strongroom-server` as a separate process, to test what it does and what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

GENEROUS_SECONDS = 300.0


@dataclass(slots=True)
class Running:
    """One run. `said` is the file with its output, and `logs` is the file with its log."""

    process: subprocess.Popen[bytes]
    said: Path
    logs: Path
    ready_file: Path

    def ready(self) -> dict[str, Any]:
        """Wait for the ready file and return its content."""
        deadline = time.monotonic() + GENEROUS_SECONDS
        while not self.ready_file.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                told = self.said.read_text()[-2000:] + self.logs.read_text()[-2000:]
                raise RuntimeError(f"not ready: {told}")
            time.sleep(0.01)
        return json.loads(self.ready_file.read_bytes())

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the program to exit, and return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(GENEROUS_SECONDS)


@dataclass(slots=True)
class Programs:
    """Runs commands in a separate environment, with temporary files and caches in `folder`.

    Output and ready files are in `outside`, because they contain secrets that are shown to people only once.
    """

    folder: Path
    outside: Path
    cache: Path | None = None
    """The shared cache folder, or None if these runs have a private one."""
    settings: dict[str, str] = field(default_factory=dict[str, str])
    """The settings that all runs get, as environment variables."""
    _started: list[Running] = field(default_factory=list[Running])

    @property
    def logs(self) -> Path:
        """The folder of all runs' logs."""
        return self._below("logs")

    @property
    def temporary(self) -> Path:
        """The programs' temporary folder."""
        return self._below("temporary")

    def _below(self, name: str) -> Path:
        (self.folder / name).mkdir(exist_ok=True)
        return self.folder / name

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables, without our database or settings."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name != "DATABASE_URL" and not name.startswith("STRONGROOM_")
        }
        binaries = os.environ.get("STRONGROOM_PG_BIN")
        # A private cache would have no dashboard pages, and building them takes longer than a test.
        without = {"STRONGROOM_WITHOUT_DASHBOARD": "1"} if self.cache is None else {}
        return {
            **kept,
            **({"STRONGROOM_PG_BIN": binaries} if binaries else {}),
            **without,
            "XDG_CACHE_HOME": str(self.cache or self._below("cache")),
            "TMPDIR": str(self.temporary),
            **self.settings,
        }

    def start(
        self, *arguments: str | Path, given: str | None = None, within: Path | None = None
    ) -> Running:
        """Start a command that keeps running, with `given` as standard input, in the folder `within`."""
        number = len(self._started)
        said, logs = self.outside / f"said-{number}", self.logs / f"log-{number}"
        ready = self.outside / f"ready-{number}.json"
        with said.open("wb") as out, logs.open("wb") as err:
            process = subprocess.Popen(  # noqa: S603 -- our own program
                self._command(*arguments, "--ready-file", ready),
                cwd=within,
                stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
                stdout=out,
                stderr=err,
                env=self.environment,
            )
        if given is not None and process.stdin is not None:
            process.stdin.write(given.encode())
            process.stdin.close()
        running = Running(process, said, logs, ready)
        self._started.append(running)
        return running

    def run(self, *arguments: str | Path, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to completion."""
        return subprocess.run(  # noqa: S603 -- our own program
            self._command(*arguments),
            input=given,
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=GENEROUS_SECONDS,
            check=False,
        )

    def end_all(self) -> None:
        """End the programs that are still running."""
        for running in self._started:
            running.end()

    @staticmethod
    def _command(*arguments: str | Path) -> list[str]:
        return [sys.executable, "-m", "strongroom_server", *map(str, arguments)]


def root_in(said: Path) -> str:
    """Return the root key that a first start printed."""
    [line] = [line for line in said.read_text().splitlines() if "skr1-" in line]
    return line[line.index("skr1-") :].strip()
