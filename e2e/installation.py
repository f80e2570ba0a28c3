"""A server as its operator starts it: `init`, `serve`, and its one-time link."""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from strongroom_testkit.markers import Markers
from strongroom_testkit.programs import GENEROUS_SECONDS, Programs, Running, root_in

LINK = re.compile(r"http://\S+/setup#\S+")


@dataclass(slots=True)
class Installation:
    """A server, its address, and what its first operator was given."""

    programs: Programs
    url: str
    link: str = field(repr=False)
    data: Path
    root: str = field(repr=False)
    _running: Running | None = None

    async def start(self) -> None:
        """Start it; return when its dashboard answers."""
        port = self.url.rpartition(":")[2]
        self._running = self.programs.start(
            "serve", "--data", self.data, "--port", port, "--root-stdin", given=self.root
        )
        await asyncio.to_thread(self._running.ready)
        await until_ready(self.url)

    async def stop(self) -> None:
        """Stop it as its operator would."""
        if self._running is not None:
            await asyncio.to_thread(self._running.end)


async def install(programs: Programs, markers: Markers, port: int) -> Installation:
    """Initialise and start a server of its own; return when its dashboard answers."""
    data = programs.folder / "data"
    url = f"http://localhost:{port}"
    made = programs.run("init", "--data", data, "--url", url)
    said = made.stdout + made.stderr
    printed = programs.outside / "init"
    printed.write_text(said)
    root = markers.note(root_in(printed))
    found = LINK.search(said)
    if made.returncode or found is None:
        raise RuntimeError(f"init failed: {made.stderr[-2000:]}")
    markers.note(found[0].rpartition("#")[2])
    installation = Installation(programs, url, found[0], data, root)
    await installation.start()
    return installation


async def until_ready(url: str) -> None:
    """Wait until the dashboard is built and answers."""
    deadline = time.monotonic() + GENEROUS_SECONDS
    while (told := await asyncio.to_thread(_health, url)).get("dashboard") != "ready":
        if told.get("dashboard") == "failed" or time.monotonic() > deadline:
            raise RuntimeError(f"there is no dashboard: {told}")
        await asyncio.sleep(0.2)


def _health(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/health", timeout=30) as answer:
        return json.load(answer)
