"""When a process dies, its values aren't in a core file, and no program outlives its parent."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from .cli_world import CliWorld
from .terminal import GENEROUS_SECONDS, POLL_SECONDS, PROGRAMS

STRONGROOM = str(PROGRAMS / "strongroom")
LIMIT = "ulimit -Sc 1000; exec "


async def test_a_parent_writes_no_core_file(cli_world: CliWorld) -> None:
    """D-3: a watching parent, which has the values in memory, can't write a core file."""
    for command in (
        ("run", "-p", "billing", "--watch", "--", "sh", "-c", "echo watching; exec sleep 60"),
        ("watch", "billing/API_KEY"),
    ):
        line = ("sh", "-c", f'{LIMIT}"$@"', "sh", STRONGROOM, *command)
        async with cli_world.terminal.running(*line) as running:
            await running.until_said("watching")
            limits = Path(f"/proc/{running.process.pid}/limits").read_text().splitlines()
            (core,) = (line.split()[4] for line in limits if line.startswith("Max core file size"))

            assert "0" == core, command
            await running.end()


@pytest.mark.parametrize("options", ["", "--watch"], ids=["become", "parent"])
async def test_a_program_has_the_limit_that_was_set(cli_world: CliWorld, options: str) -> None:
    """D-3: the program keeps its own limit on core files, which isn't ours to change."""
    done = await cli_world.terminal.type(
        f"{LIMIT}strongroom run -p billing {options} -- sh -c 'ulimit -Sc'"
    )

    assert (0, "1000\n") == (done.status, done.out)


async def test_a_program_that_an_event_starts_has_it_too(cli_world: CliWorld) -> None:
    """D-3: the program started by `watch -- PROGRAM` also keeps its original limit."""
    command = "strongroom watch billing/API_KEY --interval 1 -- sh -c 'echo limit $(ulimit -Sc)'"
    async with cli_world.terminal.running("sh", "-c", LIMIT + command) as running:
        await running.until_said("watching")
        await cli_world.change("billing/API_KEY")
        await running.until_said("limit 1000\n")


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux can notify a child of its parent's death"
)
async def test_a_program_ends_with_its_watch(cli_world: CliWorld) -> None:
    """D-3: SIGTERM to `watch -- PROGRAM` also ends the program that is running for an event."""
    script = 'trap "echo told; exit 0" TERM; echo "began"; while :; do sleep 0.05; done'
    command = (STRONGROOM, "watch", "billing/API_KEY", "--interval", "1", "--")
    async with cli_world.terminal.running(*command, "sh", "-c", script) as running:
        await running.until_said("watching")
        await cli_world.change("billing/API_KEY")
        await running.until_said("began\n")
        running.process.terminate()
        await running.process.wait()
        for _ in range(round(GENEROUS_SECONDS / POLL_SECONDS)):
            if "told\n" in running.out:
                break
            await asyncio.sleep(POLL_SECONDS)

        assert "began\ntold\n" == running.out


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux can notify a child of its parent's death"
)
async def test_a_program_ends_with_its_killed_parent(cli_world: CliWorld) -> None:
    """D-3: a program whose parent was killed gets a signal, because nothing would restart it again."""
    script = 'trap "echo told; exit 0" TERM; echo "value $API_KEY $$"; while :; do sleep 0.05; done'
    command = (STRONGROOM, "run", "-p", "billing", "--watch", "--interval", "1", "--")
    async with cli_world.terminal.running(*command, "sh", "-c", script) as running:
        await running.until_said("value ")
        # This also applies after a restart, which uses another fork.
        value = await cli_world.change("billing/API_KEY")
        await running.until_said(f"value {value}")
        child = int(running.out.split()[-1])

        assert -signal.SIGKILL == await running.end(signal.SIGKILL)
        async with asyncio.timeout(GENEROUS_SECONDS):
            while _is_running(child):
                await asyncio.sleep(POLL_SECONDS)
        assert 2 == running.out.count("told")


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" != Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
