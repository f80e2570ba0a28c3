"""A server process, for tests that run several processes on one database, or kill one.

`ApiProcess.start` runs this module as a program. It reads the root key from standard input and the database
URL from the environment. The part, the ready file and the cost of Argon2 are command-line arguments.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.crypto.password import COST, PasswordCost, PasswordHasher
from strongroom_core.crypto.root import encode_root
from strongroom_core.crypto.root_source import read_stream
from strongroom_core.reading import batch
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_server import logs
from strongroom_server.files import write_ready_file
from strongroom_server.node import keeping_time, working
from strongroom_server.serving.http_server import take_port

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from strongroom_core.db.connection import Connection
    from strongroom_testkit.cluster import Cluster

API, WORKER = "api", "worker"
UNLOCKED = "api-without-locks"
"""An API whose reads don't lock anything. It is the control for race tests, which must fail with it."""
REAL, CHEAP = "real", "cheap"
COSTS = {REAL: COST, CHEAP: PasswordCost(memory=64, passes=1)}
LOCALHOST = "127.0.0.1"
GENEROUS_SECONDS = 60.0
_POLL_SECONDS = 0.02


@dataclass(slots=True)
class ApiProcess:
    """A running process. `url` is None if the process doesn't serve requests."""

    part: str
    folder: Path
    process: subprocess.Popen[bytes]
    url: str | None = None

    @classmethod
    async def start(
        cls,
        cluster: Cluster,
        database: str,
        folder: Path,
        *,
        part: str = API,
        argon2: str = REAL,
        settings: Mapping[str, str] | None = None,
    ) -> ApiProcess:
        """Start a process on one of the cluster's databases; return when it is ready.

        `part` is `api`, `worker`, or `api-without-locks`; with `argon2` as `cheap`, thousands of requests can
        use Argon2. Output goes to a log in `folder`. Raises `TimeoutError` if the process exits or isn't
        ready within a minute. `settings` are more environment variables.
        """
        name = f"{part}-{time.monotonic_ns()}"
        ready = folder / f"{name}.json"
        environment = {**_environment(cluster, database), **(settings or {})}
        with (folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603, ASYNC220 -- this module; it keeps running
                [sys.executable, "-m", "strongroom_testkit.api_process", part, str(ready), argon2],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=environment,
            )
        if process.stdin is not None:
            process.stdin.write(encode_root(cluster.root).encode())
            process.stdin.close()
        started = cls(part, folder, process)
        try:
            said = await _ready(process, ready)
        except BaseException:
            started.kill()
            raise
        started.url = said.get("url")
        return started

    def kill(self) -> None:
        """Kill the process, as in a power failure, and wait until it has ended."""
        self.process.kill()
        self.process.wait()


async def _ready(process: subprocess.Popen[bytes], file: Path) -> dict[str, Any]:
    async with asyncio.timeout(GENEROUS_SECONDS):
        while not file.exists():  # noqa: ASYNC240 -- a test waits for another process anyway
            if process.poll() is not None:
                raise TimeoutError("the process exited during startup; see its log")
            await asyncio.sleep(_POLL_SECONDS)
    return msgspec.json.decode(file.read_bytes())  # noqa: ASYNC240 -- some hundred bytes


def _environment(cluster: Cluster, database: str) -> dict[str, str]:
    ours = {name: text for name, text in os.environ.items() if not name.startswith("STRONGROOM_")}
    return {
        **ours,
        "DATABASE_URL": cluster.url(database),
        "STRONGROOM_JOBS_DATABASE_URL": cluster.url(database, "strongroom_jobs"),
    }


async def _run(part: str, ready: Path, argon2: str) -> None:
    logs.configure(readable=False)
    root = read_stream(sys.stdin.buffer).root()
    settings = Settings.from_environment(os.environ)
    if part == UNLOCKED:
        batch.hold_for_reading = _hold_nothing  # pyright: ignore[reportPrivateImportUsage]
    core = await open_core(settings)
    core.passwords = PasswordHasher(cost=COSTS[argon2])
    await unseal(core, root)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(keeping_time(core))
        said: dict[str, Any] = {}
        if part == WORKER:
            await stack.enter_async_context(working(core, settings.jobs_database_url or ""))
        else:
            from strongroom_api.app import create_app  # noqa: PLC0415 -- slow to import
            from strongroom_api.process import Process  # noqa: PLC0415 -- the same
            from strongroom_testkit.app import serving_api  # noqa: PLC0415 -- the same

            sockets = take_port(LOCALHOST, 0)
            await stack.enter_async_context(serving_api(create_app(Process(core)), sockets))
            said["url"] = f"http://{LOCALHOST}:{sockets[0].getsockname()[1]}"
        write_ready_file(ready, said)
        await asyncio.Event().wait()  # until killed


async def _hold_nothing(
    connection: Connection, _secrets: Sequence[str], _machines: Sequence[UUID]
) -> frozenset[str]:
    """Claim to hold locks on all projects, but hold none."""
    return frozenset(row["id"] for row in await connection.fetch("select id from project"))


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))
