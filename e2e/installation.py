"""A server started as an administrator would start it: `init`, `serve`, and the one-time setup link."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import ssl
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from strongroom_testkit.markers import Markers
from strongroom_testkit.programs import GENEROUS_SECONDS, Programs, Running, root_in

if TYPE_CHECKING:
    from strongroom_testkit.certificate import Issued

LINK = re.compile(r"https?://\S+/setup#\S+")


@dataclass(slots=True)
class Installation:
    """A server, its URL, and the setup link and root key that `init` printed."""

    programs: Programs
    url: str
    link: str = field(repr=False)
    data: Path
    root: str = field(repr=False)
    certificate: Issued | None = None
    _running: Running | None = None

    async def start(self) -> None:
        """Start the server, and return once the dashboard responds."""
        port = self.url.rpartition(":")[2]
        options: list[str | Path] = ["--data", self.data, "--port", port, "--root-stdin"]
        if self.certificate is not None:
            options += ["--certificate", self.certificate.chain, "--key", self.certificate.key]
        self._running = self.programs.start("serve", *options, given=self.root)
        await asyncio.to_thread(self._running.ready)
        await until_ready(self.url, self.certificate)

    async def stop(self) -> None:
        """Stop the server as an administrator would."""
        if self._running is not None:
            await asyncio.to_thread(self._running.end)


async def install(
    programs: Programs, markers: Markers, certificate: Issued | None = None
) -> Installation:
    """Initialize and start a separate server; return once the dashboard responds."""
    scheme = "http" if certificate is None else "https"
    data = programs.folder / f"data-{scheme}"
    url = f"{scheme}://localhost:{_free_port()}"
    made = programs.run("init", "--data", data, "--url", url)
    said = made.stdout + made.stderr
    printed = programs.outside / f"init-{scheme}"
    printed.write_text(said)
    root = markers.note(root_in(printed))
    found = LINK.search(said)
    if made.returncode or found is None:
        raise RuntimeError(f"init failed: {made.stderr[-2000:]}")
    markers.note(found[0].rpartition("#")[2])
    installation = Installation(programs, url, found[0], data, root, certificate)
    await installation.start()
    return installation


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


async def until_ready(url: str, certificate: Issued | None = None) -> None:
    """Wait until the dashboard is built and responds."""
    deadline = time.monotonic() + GENEROUS_SECONDS
    while (told := await asyncio.to_thread(_health, url, certificate)).get("dashboard") != "ready":
        if told.get("dashboard") == "failed" or time.monotonic() > deadline:
            raise RuntimeError(f"there is no dashboard: {told}")
        await asyncio.sleep(0.2)


def _health(url: str, certificate: Issued | None) -> dict[str, Any]:
    trusted = certificate and ssl.create_default_context(cafile=str(certificate.chain))
    with urllib.request.urlopen(f"{url}/health", timeout=30, context=trusted) as answer:
        return json.load(answer)
