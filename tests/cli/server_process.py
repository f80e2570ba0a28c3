"""The server as a process, which can be killed and restarted on the same port.

Run as a program, it takes the port, a ready file, and the root key on standard input.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.crypto.root import encode_root
from strongroom_core.crypto.root_source import read_stream
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server import logs
from strongroom_server.serving.http_server import LOCALHOST, take_port
from strongroom_testkit.app import serving_api

if TYPE_CHECKING:
    from strongroom_testkit.cluster import Cluster

GENEROUS_SECONDS = 60.0


@dataclass(slots=True)
class ServerProcess:
    """A server on one port. When it is killed, another one can take the port."""

    cluster: Cluster
    database: str
    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None
    _starts: list[Path] = field(default_factory=list[Path])

    async def start(self) -> None:
        """Start the server, and return when it responds. Raises `TimeoutError`."""
        ready = self.folder / f"ready-{len(self._starts)}"
        self._starts.append(ready)
        kept = {name: text for name, text in os.environ.items() if "STRONGROOM" not in name}
        with (self.folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(self.port), str(ready)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**kept, "DATABASE_URL": self.cluster.url(self.database)},
            )
        assert self._process.stdin is not None
        self._process.stdin.write(encode_root(self.cluster.root).encode())
        self._process.stdin.close()
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not ready.exists():
                assert self._process.poll() is None, "the server exited during startup; see its log"
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """Kill the server, as a power failure would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


async def _serve(port: int, ready: Path) -> None:
    logs.configure(readable=False)
    root = read_stream(sys.stdin.buffer).root()
    core = await open_core(Settings.from_environment(os.environ))
    await unseal(core, root)
    async with AsyncExitStack() as stack:
        sockets = take_port(LOCALHOST, port)
        await stack.enter_async_context(serving_api(create_app(Process(core)), sockets))
        ready.touch()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
