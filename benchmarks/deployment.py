"""A deployment to send reads to: PostgreSQL with fsync on, an ordinary `serve`, and vaults to read from.

``python benchmarks/deployment.py FOLDER [VAULTS]`` prints one line of JSON when it is ready, and stops
everything that it started when its standard input is closed. Each vault has fifty secrets and a machine. It
imports nothing from `benchmarks`, so it can also run in an older commit's environment (`benchmarks.against`).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from strongroom_core.crypto.root import encode_root
from strongroom_core.runtime.start import open_core
from strongroom_core.runtime.unseal import unseal
from strongroom_core.settings import Settings
from strongroom_testkit.cluster import Cluster
from strongroom_testkit.machine import granted_machine
from strongroom_testkit.markers import Markers
from strongroom_testkit.people import make_operator, make_person
from strongroom_testkit.world import World
from strongroom_worker.queue import make_tables

SECRETS = 50
LOGINS = {
    "DATABASE_URL": "strongroom",
    "STRONGROOM_OWNER_DATABASE_URL": "strongroom_owner",
    "STRONGROOM_JOBS_DATABASE_URL": "strongroom_jobs",
}
START_SECONDS, STOP_SECONDS = 120.0, 60.0


async def deploy(folder: Path, vaults: int) -> None:
    async with AsyncExitStack() as stack:
        cluster = await Cluster.start(folder / "data", fsync=True)
        stack.push_async_callback(cluster.stop)
        name = await cluster.fresh_database()
        filled = await _fill(cluster, name, vaults)
        server, ready = await _serve(cluster, name, folder)
        stack.callback(_end, server)
        port = int(ready["url"].rsplit(":", 1)[1])
        facts = {**filled, "port": port, "server": server.pid, "database": cluster.postgres.pid}
        administrator = cluster.administrator_url(name)
        print(json.dumps({**facts, "administrator": administrator}), flush=True)
        await asyncio.to_thread(sys.stdin.read)


async def _fill(cluster: Cluster, name: str, vaults: int) -> dict[str, Any]:
    """Create the vaults; return what clients need to read their secrets and to sign in to the first."""
    core = await open_core(Settings(database_url=cluster.url(name)))
    await unseal(core, cluster.root)
    markers = Markers()
    owner = await make_operator(core, cluster.initialised.setup_token, markers)
    others = [await make_person(core, f"owner-{n}", markers) for n in range(1, vaults)]
    readers = [await _reader(World(core, each, markers)) for each in (owner, *others)]
    await core.database.close()
    await make_tables(cluster.url(name, "strongroom_jobs"))
    person = {"email": owner.email, "password": owner.password, "vault": owner.vault}
    return {"readers": readers, "person": person}


async def _reader(world: World) -> dict[str, Any]:
    project = await world.project("bench")
    secrets = [await world.secret(project, f"SECRET_{n}") for n in range(SECRETS)]
    machine = await granted_machine(world, project, *secrets)
    ids = [secret.id for secret in secrets]
    return {"machine": str(machine.id), "key": bytes(machine.key).hex(), "secrets": ids}


async def _serve(
    cluster: Cluster, name: str, folder: Path
) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    """Start `strongroom-server serve`, and return it with its ready file's content."""
    ready, log = folder / "ready.json", folder / "log"
    ours = {key: text for key, text in os.environ.items() if not key.startswith("STRONGROOM_")}
    environment = {**ours, **{key: cluster.url(name, login) for key, login in LOGINS.items()}}
    command = [sys.executable, "-m", "strongroom_server", "serve", "--data", folder / "server"]
    options = ["--port", "0", "--root-stdin", "--without-dashboard", "--ready-file", ready]
    with log.open("wb") as output:
        server = subprocess.Popen(  # noqa: ASYNC220 -- it keeps running
            [*command, *options],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment,
        )
    if server.stdin is not None:
        with server.stdin as stdin:
            stdin.write(encode_root(cluster.root).encode())
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if server.poll() is not None or time.monotonic() > deadline:
            _end(server)
            raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
        await asyncio.sleep(0.05)
    return server, json.loads(ready.read_bytes())


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    # Ctrl-C reaches the whole group. The program that started this one then closes its standard input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(deploy(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1))
