"""The server is killed during `watch` and `run --watch`, and restarts on the same port."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from strongroom_testkit.cluster import Cluster

from .cli_world import CliWorld
from .server_process import ServerProcess
from .terminal import PROGRAMS

STRONGROOM = str(PROGRAMS / "strongroom")


@pytest.fixture
async def server(
    cli_world: CliWorld, cluster: Cluster, database: str, tmp_path: Path
) -> AsyncIterator[ServerProcess]:
    """A server process that replaces the test's own server."""
    await cli_world.stop()
    server = ServerProcess(cluster, database, tmp_path, cli_world.port)
    await server.start()
    yield server
    server.kill()


async def test_watch_resumes(cli_world: CliWorld, server: ServerProcess) -> None:
    """R-7, D-3: changes before and after the outage are reported, and those during it aren't lost."""
    terminal = cli_world.terminal
    await terminal.strongroom("get", "billing/API_KEY")
    command = (STRONGROOM, "watch", "billing/API_KEY", "--interval", "1")
    async with terminal.running(*command) as running:
        await running.until_said("watching billing/API_KEY")
        await cli_world.change("billing/API_KEY")
        await running.until_said("changed\t")
        server.kill()
        await running.until_said("still watching")
        await cli_world.change("billing/API_KEY")
        await server.start()
        await running.until_said("is reachable again")
        await running.until_said("changed\t", times=2)

        assert -signal.SIGTERM == await running.end()
    assert 2 == running.out.count("\tbilling/API_KEY\n")


async def test_run_resumes(cli_world: CliWorld, server: ServerProcess) -> None:
    """D-3: the program keeps running during the outage, and is restarted if anything changed."""
    script = 'trap "exit 0" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
    first = await cli_world.value("billing/API_KEY")
    command = (STRONGROOM, "run", "-p", "billing", "--watch", "--interval", "1", "--", "sh", "-c")
    async with cli_world.terminal.running(*command, script) as running:
        await running.until_said(f"value {first}")
        server.kill()
        await running.until_said("still watching")
        second = await cli_world.change("billing/API_KEY")
        await server.start()
        await running.until_said(f"value {second}")

        assert 0 == await running.end()
    assert 2 == running.out.count("value ")
    assert "restarting sh" in running.err
