"""The server is killed under `watch` and `run --watch`, and comes back on the same port."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from strongroom_testkit.cluster import Cluster

from .server_process import ServerProcess
from .stage import Stage
from .terminal import PROGRAMS

STRONGROOM = str(PROGRAMS / "strongroom")


@pytest.fixture
async def server(
    stage: Stage, cluster: Cluster, database: str, tmp_path: Path
) -> AsyncIterator[ServerProcess]:
    """A process in the place of the stage's own server."""
    await stage.stop()
    server = ServerProcess(cluster, database, tmp_path, stage.port)
    await server.start()
    yield server
    server.kill()


async def test_watch_resumes(stage: Stage, server: ServerProcess) -> None:
    """R-7, D-3: changes are told before and after, and what changed in between is not lost."""
    terminal = stage.terminal
    await terminal.strongroom("get", "billing/API_KEY")
    command = (STRONGROOM, "watch", "billing/API_KEY", "--interval", "1")
    async with terminal.running(*command) as running:
        await running.until_said("watching billing/API_KEY")
        await stage.change("billing/API_KEY")
        await running.until_said("changed\t")
        server.kill()
        await running.until_said("watching goes on")
        await stage.change("billing/API_KEY")
        await server.start()
        await running.until_said("answers again")
        await running.until_said("changed\t", times=2)

        assert -signal.SIGTERM == await running.end()
    assert 2 == running.out.count("\tbilling/API_KEY\n")


async def test_run_resumes(stage: Stage, server: ServerProcess) -> None:
    """D-3: the program goes on without the server, and is restarted with what changed meanwhile."""
    script = 'trap "exit 0" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
    first = await stage.value("billing/API_KEY")
    command = (STRONGROOM, "run", "-p", "billing", "--watch", "--interval", "1", "--", "sh", "-c")
    async with stage.terminal.running(*command, script) as running:
        await running.until_said(f"value {first}")
        server.kill()
        await running.until_said("watching goes on")
        second = await stage.change("billing/API_KEY")
        await server.start()
        await running.until_said(f"value {second}")

        assert 0 == await running.end()
    assert 2 == running.out.count("value ")
    assert "restarting sh" in running.err
