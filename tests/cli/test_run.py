"""`run`: what the program gets, and how signals and exit codes are passed on (D-3)."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from strongroom_cli.failures import Failure
from strongroom_cli.variables import Source, Variable, require_no_nul
from strongroom_testkit.policies import enforced

from .cli_world import CliWorld
from .terminal import GENEROUS_SECONDS, PROGRAMS, Running

STRONGROOM = str(PROGRAMS / "strongroom")
PRINT_ENVIRONMENT = "import json, os; print(json.dumps(dict(os.environ)))"
WATCH = ("--watch", "--interval", "1")
SIGNALS = ("TERM", "INT", "HUP", "USR1", "USR2", "QUIT")
TELL_SIGNALS = """
import os, signal, sys
def tell(number, frame):
    os.write(1, f"got {signal.Signals(number).name}\\n".encode())
for name in sys.argv[1:]:
    signal.signal(getattr(signal, "SIG" + name), tell)
os.write(1, b"ready\\n")
while True:
    signal.pause()
"""


def run_command(*options: str) -> tuple[str, ...]:
    """Return the command line, up to the program."""
    return (STRONGROOM, "run", "-p", "billing", *options, "--")


async def test_fifty_secrets(cli_world: CliWorld) -> None:
    """D-3: fifty secrets arrive unchanged in one request, with one event each."""
    project = cli_world.projects["billing"]
    nasty = ["line\nbreak\r\n", "  blanks\t", "$HOME `id` \"'\\", "ünïcödé 🗝", "a=b#c", "%s %d"]
    for number in range(50 - 2):
        value = nasty[number] + cli_world.world.markers.value() if number < len(nasty) else None
        await cli_world.add(project, f"secret {number}", value=value)
    await cli_world.grant_all()
    done = await cli_world.terminal.run(*run_command(), sys.executable, "-c", PRINT_ENVIRONMENT)
    found = json.loads(done.out)
    database = json.loads(await cli_world.value("billing/DATABASE"))

    assert (0, "") == (done.status, done.err)
    for number in range(48):
        assert await cli_world.value(f"billing/secret {number}") == found[f"SECRET_{number}"]
    assert database == {"host": found["DATABASE_HOST"], "password": found["DATABASE_PASSWORD"]}
    assert 50 == len(await cli_world.world.entries("secret_read"))


async def test_secrets_that_are_left_out_are_named(cli_world: CliWorld) -> None:
    """D-3: what a policy or a canary's freeze keeps from the program is named, as far as it was wanted."""
    billing = cli_world.projects["billing"]
    elsewhere: dict[str, Any] = {
        "ip_allowlist_enabled": True,
        "ip_allowlist_cidrs": ["203.0.113.0/24"],
    }
    await enforced(cli_world.world, billing, cli_world.secrets["billing/API_KEY"], **elsewhere)
    export = (STRONGROOM, "export", "-p", "billing")
    ran = await cli_world.terminal.run(*run_command(), "sh", "-c", "echo $API_KEY $DATABASE_HOST")
    exported = await cli_world.terminal.run(*export)
    unwanted = await cli_world.terminal.run(*export, "--only", "DATABASE")
    quiet = await cli_world.terminal.run(*export, "--quiet")
    database = json.loads(await cli_world.value("billing/DATABASE"))
    note = "strongroom: left out (read denied): API_KEY; see `strongroom explain billing/API_KEY`\n"

    assert (0, f"{database['host']}\n", note) == (ran.status, ran.out, ran.err)
    assert (0, note) == (exported.status, exported.err)
    assert (0, "") == (unwanted.status, unwanted.err)
    assert (0, "") == (quiet.status, quiet.err)


def test_a_value_with_nul_is_rejected() -> None:
    """D-3: the error names the secret but not its value. Only another server could store such a value."""
    variable = Variable("BINARY", Source("sk_aaaaaaaaaa", "binary", None), "hidden\0value")
    with pytest.raises(Failure, match=r"^BINARY \(from binary\) contains a NUL") as refused:
        require_no_nul([variable])

    assert "hidden" not in refused.value.message + refused.value.hint
    assert "hidden" not in repr(variable)


async def test_without_watch_the_process_becomes_the_program(cli_world: CliWorld) -> None:
    """D-3: no parent holds the values, and no signals or exit codes have to be passed on."""
    async with cli_world.terminal.running(*run_command(), "sleep", "60") as running:
        await _until_program(running, "sleep")

        assert -signal.SIGKILL == await running.end(signal.SIGKILL)


@pytest.mark.parametrize("options", [(), WATCH], ids=["become", "parent"])
async def test_signals_arrive(cli_world: CliWorld, options: tuple[str, ...]) -> None:
    """D-3: each signal reaches the program exactly once."""
    command = (*run_command(*options), sys.executable, "-c", TELL_SIGNALS, *SIGNALS)
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("ready")
        for name in SIGNALS:
            for times in (1, 2):
                running.process.send_signal(getattr(signal, f"SIG{name}"))
                await running.until_said(f"got SIG{name}\n", times=times)

        child = int((await _children(running))[0]) if options else running.process.pid
        os.kill(child, signal.SIGKILL)
        expected = 128 + signal.SIGKILL if options else -signal.SIGKILL
        assert expected == await running.ended()
        assert 2 * len(SIGNALS) == running.out.count("got ")


@pytest.mark.parametrize("options", [(), WATCH], ids=["become", "parent"])
async def test_codes_are_returned(cli_world: CliWorld, options: tuple[str, ...]) -> None:
    """D-3: any exit code of the program is returned."""
    for code in (0, 1, 7, 126, 255):
        done = await cli_world.terminal.run(*run_command(*options), "sh", "-c", f"exit {code}")

        assert code == done.status


async def test_the_exit_code_after_a_signal(cli_world: CliWorld) -> None:
    """D-3: if the program dies from signal n, the exit code is 128 + n."""
    done = await cli_world.terminal.run(*run_command(*WATCH), "sh", "-c", "kill -TERM $$")

    assert 128 + signal.SIGTERM == done.status


async def test_a_program_that_cannot_start_under_watch(cli_world: CliWorld) -> None:
    """D-3: if the program can't be started, the exit code is 126, as without `--watch`."""
    script = cli_world.terminal.folder / "script"
    script.write_text("exit 3")
    script.chmod(0o755)
    done = await cli_world.terminal.run(*run_command(*WATCH), "./script")

    assert 126 == done.status
    assert "exec format error" in done.err


async def test_ctrl_c_reaches_the_program_once(cli_world: CliWorld) -> None:
    """D-3: Ctrl-C reaches parent and child through the terminal; the parent doesn't send the signal again."""
    command = (*run_command(*WATCH), sys.executable, "-c", TELL_SIGNALS, "INT", "USR1")
    said = await asyncio.to_thread(_type_ctrl_c, command, cli_world.terminal.environment)

    assert 1 == said.count("got SIGINT"), said


async def test_a_change_restarts_the_program(cli_world: CliWorld) -> None:
    """D-3: a change sends SIGTERM and starts the program again; other secrets' changes don't."""
    script = 'trap "echo bye; exit 9" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
    command = (*run_command(*WATCH, "--only", "API_KEY"), "sh", "-c", script)
    first = await cli_world.value("billing/API_KEY")
    async with cli_world.terminal.running(*command) as running:
        await running.until_said(f"value {first}")
        second = await cli_world.change("billing/API_KEY")
        await running.until_said(f"value {second}")

        assert 9 == await running.end()
    assert f"value {first}\nbye\nvalue {second}\nbye\n" == running.out


async def test_a_program_that_does_not_end_is_killed(cli_world: CliWorld) -> None:
    """D-3: a program that ignores SIGTERM is killed after ten seconds, and then started again."""
    script = 'trap "" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
    first = await cli_world.value("billing/API_KEY")
    async with cli_world.terminal.running(*run_command(*WATCH), "sh", "-c", script) as running:
        await running.until_said(f"value {first}")
        second = await cli_world.change("billing/API_KEY")
        await running.until_said("restarting sh")
        began = time.monotonic()
        await running.until_said(f"value {second}")

        assert 10 <= time.monotonic() - began + 0.5 < 30
        (child,) = [each for each in await _children(running) if _is_named(each, "sh")]
        os.kill(int(child), signal.SIGKILL)
        assert 128 + signal.SIGKILL == await running.ended()


async def test_a_signal_during_a_restart(cli_world: CliWorld) -> None:
    """D-3: a program that gets a signal while it is being restarted isn't started again."""
    script = 'trap "sleep 2; exit 4" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
    first = await cli_world.value("billing/API_KEY")
    async with cli_world.terminal.running(*run_command(*WATCH), "sh", "-c", script) as running:
        await running.until_said(f"value {first}")
        await cli_world.change("billing/API_KEY")
        await running.until_said("restarting sh")

        assert 4 == await running.end()
        assert f"value {first}\n" == running.out


SERVER = """
import os, signal, socket, sys, time
def end(number, frame):
    time.sleep(float(sys.argv[2]))
    os.write(1, b"server ended\\n")
    os._exit(0)
signal.signal(signal.SIGTERM, end)
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
os.write(1, ("serving with " + os.environ["API_KEY"] + "\\n").encode())
while True:
    signal.pause()
"""


def start_script(
    cli_world: CliWorld, *, seconds: float, before: str = ""
) -> tuple[tuple[str, ...], bytes]:
    """A start script for a server that is slow to stop: how to run the script, and the server's port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = cli_world.terminal.folder
    (folder / "server.py").write_text(SERVER)
    script = folder / "start.sh"
    script.write_text(
        f"#!/bin/sh\n{before}{sys.executable} server.py {port} {seconds}\necho script ended\n"
    )
    script.chmod(0o755)
    return (*run_command(*WATCH), "./start.sh"), str(port).encode()


@pytest.mark.parametrize("before", ["", "exec setsid "], ids=["below", "another session"])
async def test_a_server_started_by_a_script(cli_world: CliWorld, before: str) -> None:
    """D-3: the old server gets its grace period, and is gone before the new one needs the port."""
    command, port = start_script(cli_world, seconds=1, before=before)
    values = [await cli_world.value("billing/API_KEY")]
    async with cli_world.terminal.running(*command) as running:
        await running.until_said(f"serving with {values[0]}")
        for _ in range(2):
            values.append(await cli_world.change("billing/API_KEY"))
            await running.until_said(f"serving with {values[-1]}")

        await running.end()
    told = running.out.splitlines()
    assert [f"serving with {value}" for value in values] == [
        line for line in told if line.startswith("serving")
    ]
    # The last server got its grace period too, although the script had exited immediately.
    assert 3 == told.count("server ended")
    assert [] == [
        line for line in _command_lines() if line.split(b"\0")[1:3] == [b"server.py", port]
    ]


async def test_a_server_started_by_a_script_is_killed_after_ten_seconds(
    cli_world: CliWorld,
) -> None:
    """D-3: the server is killed ten seconds after SIGTERM, even if the script itself has exited."""
    command, port = start_script(cli_world, seconds=600)
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("serving with")
        began = time.monotonic()

        assert 128 + signal.SIGTERM == await running.end()
    assert 9.5 <= time.monotonic() - began < 30
    assert [] == [
        line for line in _command_lines() if line.split(b"\0")[1:3] == [b"server.py", port]
    ]


async def test_background_processes_of_a_program_keep_running(cli_world: CliWorld) -> None:
    """D-3: a program that exits on its own can leave processes behind, as in a shell."""
    script = "sleep 60 >/dev/null 2>&1 & echo left $!; exit 3"
    done = await cli_world.terminal.run(*run_command(*WATCH), "sh", "-c", script)
    left = int(done.out.removeprefix("left "))

    assert 3 == done.status
    os.kill(left, signal.SIGKILL)


async def test_orphans_are_collected(cli_world: CliWorld) -> None:
    """D-3: orphans are reaped, as a container's first process must do, even if this one isn't the first."""
    script = "for each in 1 2 3; do (sleep 0.1 &); done; echo ready; exec sleep 60"
    async with cli_world.terminal.running(*run_command(*WATCH), "sh", "-c", script) as running:
        await running.until_said("ready")
        async with asyncio.timeout(GENEROUS_SECONDS):
            while len(await _children(running)) > 1:
                await asyncio.sleep(0.05)

        assert 128 + signal.SIGTERM == await running.end()


async def test_ignored_signals_stay_ignored(cli_world: CliWorld) -> None:
    """D-3: nohup works through `strongroom run`."""
    command = (*run_command(*WATCH), "sh", "-c", "echo ready; exec sleep 60")
    under_nohup = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command)
    async with cli_world.terminal.running(*under_nohup) as running:
        await running.until_said("ready")
        (child,) = await _children(running)
        for each in (running.process.pid, int(child)):
            os.kill(each, signal.SIGHUP)

        assert 128 + signal.SIGTERM == await running.end()


async def test_a_deleted_secret_does_not_end_the_program(cli_world: CliWorld) -> None:
    """D-3: a deleted secret is only reported, because the program already has the value."""
    command = (*run_command(*WATCH), "sh", "-c", "echo ready; exec sleep 60")
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("ready")
        await cli_world.apply("delete billing/API_KEY")
        await running.until_said("API_KEY was deleted; the program keeps running")
        await cli_world.apply("revoke-grant billing/DATABASE")
        await running.until_said("DATABASE was revoked; the program keeps running")

        assert 128 + signal.SIGTERM == await running.end()


async def test_a_revoked_machine_ends_the_watch_only(cli_world: CliWorld) -> None:
    """D-3: the program keeps running; a message says that it won't get any more changes."""
    command = (*run_command(*WATCH), "sh", "-c", "echo ready; exec sleep 60")
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("ready")
        await cli_world.apply("revoke")
        await running.until_said("the program keeps running, but changes are no longer seen")

        assert 128 + signal.SIGTERM == await running.end()


@pytest.mark.parametrize("options", [(), WATCH], ids=["become", "parent"])
async def test_values_are_on_no_command_line(cli_world: CliWorld, options: tuple[str, ...]) -> None:
    """D-3: no value is on our command line or the program's, or in a file left behind."""
    before = set(_files(cli_world.terminal.home))
    command = (*run_command(*options), "sh", "-c", "echo ready; exec sleep 60")
    async with cli_world.terminal.running(*command) as running:
        await running.until_said("ready")
        lines = b"".join(_command_lines())
        value = (await cli_world.value("billing/API_KEY")).encode()

        assert b"sleep" in lines
        assert value not in lines
        assert value in b"".join(_environments())
    assert before == set(_files(cli_world.terminal.home))


async def _until_program(running: Running, name: str) -> None:
    path = Path(f"/proc/{running.process.pid}/comm")
    async with asyncio.timeout(GENEROUS_SECONDS):
        while path.read_text().strip() != name:
            await asyncio.sleep(0.02)


async def _children(running: Running) -> list[str]:
    pid = running.process.pid
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _is_named(process: str, name: str) -> bool:
    return _read(Path(f"/proc/{process}/comm")).strip() == name.encode()


def _command_lines() -> list[bytes]:
    return [_read(path) for path in Path("/proc").glob("[0-9]*/cmdline")]


def _environments() -> list[bytes]:
    return [_read(path) for path in Path("/proc").glob("[0-9]*/environ")]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _type_ctrl_c(command: tuple[str, ...], environment: dict[str, str]) -> str:
    """Run a command in a terminal, press Ctrl-C when it is ready, and return its output.

    The parent is stopped during this, so that two signals can't merge into one in the child, and then
    gets a USR1. If it also passed on the Ctrl-C, that would arrive first, because pending signals are
    handled in ascending order of their numbers.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(command[0], command, environment)
    said = b""

    def read_until(text: bytes) -> None:
        nonlocal said
        while text not in said:
            said += os.read(terminal, 1024)

    try:
        read_until(b"ready")
        os.kill(pid, signal.SIGSTOP)
        os.waitid(os.P_PID, pid, os.WSTOPPED)
        os.write(terminal, b"\x03")
        read_until(b"got SIGINT")
        os.kill(pid, signal.SIGCONT)
        os.kill(pid, signal.SIGUSR1)
        read_until(b"got SIGUSR1")
        return said.decode()
    finally:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            os.kill(int(child), signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
