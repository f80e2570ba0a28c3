"""A shell of a machine, in which the real program is on PATH and nothing of the developer's own is."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

GENEROUS_SECONDS = 60.0
PROGRAMS = Path(sys.executable).parent
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Running:
    """A command that goes on. What it says lies in files."""

    process: asyncio.subprocess.Process
    out_file: Path
    err_file: Path

    @property
    def out(self) -> str:
        """What it printed so far."""
        return self.out_file.read_text()

    @property
    def err(self) -> str:
        """What it said on stderr so far."""
        return self.err_file.read_text()

    async def until_said(self, text: str, times: int = 1) -> None:
        """Wait until it said something, on either stream, so many times."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            while (self.out + self.err).count(text) < times:
                if self.process.returncode is not None:
                    raise AssertionError(f"it ended without saying {text!r}: {self.out}{self.err}")
                await asyncio.sleep(POLL_SECONDS)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end, and return the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(how)
        return await self.ended()

    async def ended(self) -> int:
        """Wait for the end and return the exit status."""
        return await asyncio.wait_for(self.process.wait(), GENEROUS_SECONDS)


@dataclass(slots=True)
class Terminal:
    """An empty home and an empty folder, in which commands run one after the other."""

    home: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict[str, str])
    _started: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """What commands find in their environment."""
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        return {
            "PATH": path,
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            **self.variables,
        }

    async def run(self, *command: str, given: str = "") -> Done:
        """Run a program with its arguments to its end."""
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self.environment, cwd=self.folder
        )
        talk = process.communicate(given.encode())
        out, err = await asyncio.wait_for(talk, GENEROUS_SECONDS)
        return Done(process.returncode or 0, out.decode(), err.decode())

    async def type(self, line: str, given: str = "") -> Done:
        """Run a line as a person types it."""
        return await self.run("sh", "-c", line, given=given)

    async def strongroom(self, *arguments: str, given: str = "") -> Done:
        """Run our program to its end."""
        return await self.run(str(PROGRAMS / "strongroom"), *arguments, given=given)

    @asynccontextmanager
    async def running(self, *command: str) -> AsyncGenerator[Running]:
        """Start a program that goes on; it is killed at the end of the block if need be."""
        self._started += 1
        said = [self.home.parent / f"{name}-{self._started}" for name in ("out", "err")]
        with said[0].open("wb") as out, said[1].open("wb") as err:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=DEVNULL,
                stdout=out,
                stderr=err,
                env=self.environment,
                cwd=self.folder,
                # Whoever tests at a terminal must not lend it: keys count as keys there only.
                start_new_session=True,
            )
        try:
            yield Running(process, *said)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
