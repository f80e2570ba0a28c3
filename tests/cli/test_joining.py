"""`run` on a person's computer that isn't a machine yet: it offers to register it (D-5)."""

from __future__ import annotations

import asyncio
import os
import pty
import re
import signal
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from strongroom_core.kernel.ids import ProjectId
from strongroom_core.machines.lifecycle import approve_machine, deny_machine
from strongroom_testkit.machine import TestMachine, grant

from .person import log_in
from .terminal import PROGRAMS, Running

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .cli_world import CliWorld

COMMAND = (str(PROGRAMS / "strongroom"), "run", "-p", "billing", "--", "printenv", "API_KEY")
PAGE = re.compile(r"^open: +http://\S+/machines/(\S+)$", re.MULTILINE)
FINGERPRINT = re.compile(r"^fingerprint: (.+)$", re.MULTILINE)


@asynccontextmanager
async def asked(cli_world: CliWorld, answer: str, *options: str) -> AsyncGenerator[Running]:
    """Run the command as someone who is signed in, and answer its question."""
    await cli_world.apply("unregistered")
    await log_in(cli_world)
    ours, theirs = pty.openpty()
    command = (*COMMAND[:2], *options, *COMMAND[2:])
    try:
        async with cli_world.terminal.running(*command, stdin=theirs) as running:
            await running.until_said("isn't a machine of ada's vault yet")
            os.write(ours, f"{answer}\n".encode())
            yield running
    finally:
        os.close(ours)
        os.close(theirs)


async def registered(running: Running) -> str:
    """Return the ID of the machine that was registered."""
    await running.until_said("fingerprint:")
    (machine,) = PAGE.findall(running.err)
    return machine


async def test_a_laptop_becomes_a_machine(cli_world: CliWorld) -> None:
    """D-5: the command waits for the approval and for access, then runs the program."""
    world, billing = cli_world.world, cli_world.projects["billing"]
    async with asked(cli_world, "y", "--quiet") as running:
        machine = await registered(running)
        await asyncio.sleep(0.5)
        assert "" == running.out
        approved = await approve_machine(world.core, world.owner, machine)
        await grant(
            world,
            TestMachine(UUID(machine), SigningKey.generate()),
            billing,
            cli_world.secrets["billing/API_KEY"],
        )

        assert 0 == await running.ended(), running.err
        assert await cli_world.value("billing/API_KEY") == running.out.strip()
        assert [approved.fingerprint] == FINGERPRINT.findall(running.err)
    again = await cli_world.terminal.run(*COMMAND)
    assert 0 == again.status
    assert "yet" not in again.err


async def test_a_denied_laptop_can_ask_again(cli_world: CliWorld) -> None:
    """D-5: a denied machine leaves no identity that would be in the way."""
    async with asked(cli_world, "y") as running:
        await deny_machine(cli_world.world.core, cli_world.world.owner, await registered(running))

        assert await running.ended()
        assert "the machine was denied" in running.err
    assert not (cli_world.identity / "identity.json").exists()
    assert "" == running.out


@pytest.mark.parametrize("answer", ["n", ""])
async def test_nothing_happens_without_a_yes(cli_world: CliWorld, answer: str) -> None:
    """D-5: no is the default, and then nothing is registered."""
    async with asked(cli_world, answer) as running:
        assert 3 == await running.ended()
    assert "this computer isn't registered as a machine" in running.err
    assert not cli_world.identity.exists()


async def test_programs_are_not_asked(cli_world: CliWorld) -> None:
    """D-5: without a terminal, or if nobody is signed in, there is no question."""
    await cli_world.apply("unregistered")
    strangers = await cli_world.terminal.run(*COMMAND)
    await log_in(cli_world)
    without_terminal = await cli_world.terminal.run(*COMMAND, given="y\n")

    assert [3, 3] == [strangers.status, without_terminal.status]
    assert "Register" not in strangers.err + without_terminal.err
    assert "register with `strongroom bootstrap`" in strangers.err
    assert "`strongroom run` in a terminal offers to register" in without_terminal.err


async def test_the_project_is_needed_first(cli_world: CliWorld) -> None:
    """D-5: nothing is registered for a command that would then fail."""
    await cli_world.apply("unregistered")
    await log_in(cli_world)
    ours, theirs = pty.openpty()
    command = (*COMMAND[:2], *COMMAND[4:])
    async with cli_world.terminal.running(*command, stdin=theirs) as running:
        assert 2 == await running.ended()
    os.close(ours)
    os.close(theirs)
    assert "no project selected" in running.err
    assert not cli_world.identity.exists()


@pytest.mark.parametrize("limit", ["can only read", "is limited to some projects"])
async def test_a_limited_key_registers_nothing(cli_world: CliWorld, limit: str) -> None:
    """D-5: the person's key decides, and the error says what limits it before anything is asked."""
    await cli_world.apply("unregistered")
    projects = [ProjectId(cli_world.projects["billing"].id)]
    reads = "read" in limit
    await log_in(cli_world, looking=reads, projects=None if reads else projects)

    running = await _in_terminal(cli_world)
    assert f"your key {limit}" in running.err
    assert not cli_world.identity.exists()


async def test_an_unknown_project_is_not_waited_for(cli_world: CliWorld) -> None:
    """D-5: a typo in the project's name is an error before anything is registered."""
    await cli_world.apply("unregistered")
    await log_in(cli_world)

    running = await _in_terminal(cli_world, "-p", "bilding")
    assert "no project has the name bilding" in running.err
    assert "did you mean billing?" in running.err
    assert not cli_world.identity.exists()


async def test_an_interrupted_command_goes_on_waiting(cli_world: CliWorld) -> None:
    """D-5: after Ctrl+C, the same command waits for the same machine."""
    world, billing = cli_world.world, cli_world.projects["billing"]
    async with asked(cli_world, "y") as running:
        machine = await registered(running)
        running.process.send_signal(signal.SIGINT)
        assert await running.ended()
    ours, theirs = pty.openpty()
    words = (*COMMAND[:3], billing.id, *COMMAND[4:])
    async with cli_world.terminal.running(*words, stdin=theirs) as again:
        assert machine == await registered(again)
        await approve_machine(world.core, world.owner, machine)
        await again.until_said("give it access")
        granted = TestMachine(UUID(machine), SigningKey.generate())
        await grant(world, granted, billing, cli_world.secrets["billing/API_KEY"])

        assert 0 == await again.ended(), again.err
    os.close(ours)
    os.close(theirs)
    assert not (cli_world.identity / "waiting").exists()


async def _in_terminal(cli_world: CliWorld, *options: str) -> Running:
    """Run the command in a terminal until it fails, without an answer."""
    ours, theirs = pty.openpty()
    words = (*COMMAND[:2], *(options or COMMAND[2:4]), *COMMAND[4:])
    async with cli_world.terminal.running(*words, stdin=theirs) as running:
        assert await running.ended()
    os.close(ours)
    os.close(theirs)
    return running


async def test_a_machine_approved_later_needs_no_person(cli_world: CliWorld) -> None:
    """D-5: if the machine was approved after an interruption, a key that has ended since doesn't matter."""
    world, billing = cli_world.world, cli_world.projects["billing"]
    async with asked(cli_world, "y") as running:
        machine = await registered(running)
        running.process.send_signal(signal.SIGINT)
        assert await running.ended()
    await approve_machine(world.core, world.owner, machine)
    granted = TestMachine(UUID(machine), SigningKey.generate())
    await grant(world, granted, billing, cli_world.secrets["billing/API_KEY"])
    (cli_world.terminal.home / ".strongroom/people/acme/private.pem").unlink()
    ours, theirs = pty.openpty()
    async with cli_world.terminal.running(*COMMAND, stdin=theirs) as again:
        assert 0 == await again.ended(), again.err
    os.close(ours)
    os.close(theirs)
    assert await cli_world.value("billing/API_KEY") == again.out.strip()
    assert not (cli_world.identity / "waiting").exists()


async def test_revoked_access_stays_revoked(cli_world: CliWorld) -> None:
    """D-5: `grants give` adds to what it has read; if that has changed since, nothing is changed."""
    await cli_world.apply("log-in acme")
    await cli_world.apply("revoke-grant billing/DATABASE")
    give = (COMMAND[0], "grants", "give", "web-1")
    done = await cli_world.terminal.run(*give, "billing/DATABASE#host", "--yes")
    assert 0 == done.status, done.err
    ours, theirs = pty.openpty()
    async with cli_world.terminal.running(
        *give, "billing/DATABASE#password", stdin=theirs
    ) as running:
        await running.until_said("let web-1 read")
        await cli_world.apply("revoke-grant billing/DATABASE")
        os.write(ours, b"y\n")
        assert await running.ended()
    os.close(ours)
    os.close(theirs)
    assert "has changed meanwhile" in running.err
    listed = await cli_world.terminal.run(COMMAND[0], "grants", "list", "web-1")
    assert "DATABASE" not in listed.out
