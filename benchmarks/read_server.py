"""The server that `benchmarks.reads` drives: ``python -m benchmarks.read_server batched|baseline PORT``.

It reads the root key from standard input and uses the database in DATABASE_URL. *batched* is the real
application; *baseline* serves the same calls one statement at a time, with one transaction per request.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any

import uvloop

from benchmarks.statement_by_statement import read_one
from strongroom_api.app import create_app
from strongroom_api.process import Process
from strongroom_core.core import Core
from strongroom_core.crypto.root import parse_root
from strongroom_core.kernel.batches import Batches
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server.serving.http_server import take_port
from strongroom_testkit.app import serving_api


async def serve(variant: str, port: int) -> None:
    root = parse_root(sys.stdin.read())
    core = await open_core(Settings.from_environment(os.environ))
    await unseal(core, root)
    if variant == "baseline":
        core.reads = Baseline(core)
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)
    async with serving_api(create_app(Process(core)), take_port("127.0.0.1", port)):
        await stopped.wait()


class Baseline(Batches):
    """Serves each request separately, without batching."""

    def __init__(self, core: Core) -> None:
        super().__init__(at_once=1)
        self._core = core
        self._room = asyncio.Semaphore(16)

    def put(self, _key: Any, _sender: Any, item: Any, _run: Any) -> Any:
        return asyncio.ensure_future(self._read(item))

    async def _read(self, item: Any) -> Any:
        async with self._room:
            return await read_one(self._core, item.caller, item.secret)


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1], int(sys.argv[2])))
