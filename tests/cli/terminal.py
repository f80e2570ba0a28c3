"""A machine's shell with the real program on PATH, and nothing from the developer's environment."""

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
    """The result of a command."""

    status: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Running:
    """A command that keeps running. Its output goes to files."""

    process: asyncio.subprocess.Process
    out_file: Path
    err_file: Path

    @property
    def out(self) -> str:
        """Return the output on stdout so far."""
        return self.out_file.read_text()

    @property
    def err(self) -> str:
        """Return the output on stderr so far."""
        return self.err_file.read_text()

    async def until_said(self, text: str, times: int = 1) -> None:
        """Wait until the command has printed a text this many times, on either stream."""
        async with asyncio.timeout(GENEROUS_SECONDS):
            while (self.out + self.err).count(text) < times:
                if self.process.returncode is not None:
                    raise AssertionError(f"exited before printing {text!r}: {self.out}{self.err}")
                await asyncio.sleep(POLL_SECONDS)

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the program to exit, and return its exit status."""
        if self.process.returncode is None:
            self.process.send_signal(how)
        return await self.ended()

    async def ended(self) -> int:
        """Wait until the program exits, and return its exit status."""
        return await asyncio.wait_for(self.process.wait(), GENEROUS_SECONDS)


@dataclass(slots=True)
class Terminal:
    """An empty home folder and an empty working folder, in which commands run one after the other."""

    home: Path
    folder: Path
    variables: dict[str, str] = field(default_factory=dict[str, str])
    _started: int = 0

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that commands get."""
        path = f"{PROGRAMS}:{os.environ['PATH']}"
        return {
            "PATH": path,
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            **self.variables,
        }

    async def run(self, *command: str, given: str = "") -> Done:
        """Run a program with its arguments to completion."""
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=self.environment, cwd=self.folder
        )
        talk = process.communicate(given.encode())
        out, err = await asyncio.wait_for(talk, GENEROUS_SECONDS)
        return Done(process.returncode or 0, out.decode(), err.decode())

    async def type(self, line: str, given: str = "") -> Done:
        """Run a line in a shell, as a person would type it."""
        return await self.run("sh", "-c", line, given=given)

    async def strongroom(self, *arguments: str, given: str = "") -> Done:
        """Run our program to completion."""
        return await self.run(str(PROGRAMS / "strongroom"), *arguments, given=given)

    @asynccontextmanager
    async def running(self, *command: str, stdin: int = DEVNULL) -> AsyncGenerator[Running]:
        """Start a program that keeps running; it is killed at the end of the block, if necessary.

        `stdin` is a file descriptor, for example of a terminal.
        """
        self._started += 1
        said = [self.home.parent / f"{name}-{self._started}" for name in ("out", "err")]
        with said[0].open("wb") as out, said[1].open("wb") as err:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=stdin,
                stdout=out,
                stderr=err,
                env=self.environment,
                cwd=self.folder,
                # A new session, so that Ctrl+C in a developer's terminal doesn't signal these programs.
                start_new_session=True,
            )
        try:
            yield Running(process, *said)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
