"""A machine as it joins and reads: by the real script and the real command line, in a home of its own."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from strongroom_testkit.markers import Markers

from .steps import ask

FINGERPRINT = re.compile(r"([0-9a-f]{4} ?){16}")


@dataclass(frozen=True, slots=True)
class JoinedMachine:
    """One machine. `home` is its home folder, `identities` where its key is if not there."""

    home: Path
    markers: Markers
    identities: Path | None = None

    async def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the machine would, whatever comes of it."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(self.home), "TMPDIR": str(self.home)}
        if self.identities is not None:
            environment["STRONGROOM_HOME"] = str(self.identities)
        return await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, env=environment, check=False
        )

    async def run(self, *command: str) -> str:
        """Run a command as the machine would, and return what it printed."""
        done = await self.attempt(*command)

        assert not done.returncode, done.stderr
        return done.stdout + done.stderr

    async def get(self, address: str) -> str:
        """Read a secret by its address."""
        return (await self.run("strongroom", "get", address)).strip()

    def note(self, command: str) -> str:
        """Note the token in a command that lets a machine join, and return the command."""
        self.markers.note(command)
        self.markers.note(command.split("/v1/bootstrap/")[1].split(maxsplit=1)[0])
        return command

    async def join(self, page: Page, project: str, secrets: list[str]) -> dict[str, Any]:
        """Join by the script, be approved, and be granted `secrets` of `project`; return what it is.

        A person's clicks for all this are in the journey of the first read.
        """
        machine = await self.register(page)
        place = f"/api/projects/{project}/machines/{machine['id']}"
        await ask(page, "POST", f"/api/machines/{machine['id']}/approve", {})
        await ask(page, "PUT", place)
        grants = [{"secretId": secret} for secret in secrets]
        await ask(page, "PUT", f"{place}/grants", {"grants": grants})
        return machine

    async def register(self, page: Page) -> dict[str, Any]:
        """Call by the script and wait for approval; return what it is."""
        made = await ask(page, "POST", "/api/machines/bootstrap")
        self.markers.note(made["token"])
        await self.run("sh", "-c", self.note(made["command"]))
        waiting = await ask(page, "GET", "/api/machines?pending=true&limit=1")
        return waiting["items"][0]
