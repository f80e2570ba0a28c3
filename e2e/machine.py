"""A machine that registers and reads with the real script and command line, in its own home folder."""

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

FINGERPRINT = re.compile(r"^    ([0-9a-f]{4} ?){8}$")
"""One of the two rows in which the script prints it."""


@dataclass(frozen=True, slots=True)
class JoinedMachine:
    """One machine. `home` is its home folder; `identities` is its key's folder, if that is elsewhere."""

    home: Path
    markers: Markers
    identities: Path | None = None

    async def attempt(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command as the machine would, and allow it to fail."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(self.home), "TMPDIR": str(self.home)}
        if self.identities is not None:
            environment["STRONGROOM_HOME"] = str(self.identities)
        return await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, env=environment, check=False
        )

    async def run(self, *command: str) -> str:
        """Run a command as the machine would, and return its output."""
        done = await self.attempt(*command)

        assert not done.returncode, done.stderr
        return done.stdout + done.stderr

    async def get(self, address: str) -> str:
        """Read a secret by its path."""
        return (await self.run("strongroom", "get", address)).strip()

    def note(self, command: str) -> str:
        """Record the token in a registration command as a secret, and return the command."""
        self.markers.note(command)
        self.markers.note(command.split("/v1/bootstrap/")[1].split(maxsplit=1)[0])
        return command

    async def join(self, page: Page, project: str, secrets: list[str]) -> dict[str, Any]:
        """Register with the script, get it approved, and grant it `secrets` in `project`; return the machine.

        The first-read journey covers the clicks that this takes in the dashboard.
        """
        machine = await self.register(page)
        place = f"/api/projects/{project}/machines/{machine['id']}"
        await ask(page, "POST", f"/api/machines/{machine['id']}/approve", {})
        await ask(page, "PUT", place)
        grants = [{"secretId": secret} for secret in secrets]
        await ask(page, "PUT", f"{place}/grants", {"grants": grants})
        return machine

    async def register(self, page: Page) -> dict[str, Any]:
        """Register with the script and wait for approval; return the machine."""
        made = await ask(page, "POST", "/api/registration-tokens")
        self.markers.note(made["token"])
        await self.run("sh", "-c", self.note(made["command"]))
        waiting = await ask(page, "GET", "/api/machines?pending=true&limit=1")
        return waiting["items"][0]
