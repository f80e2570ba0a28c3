"""`run`: what the program gets, and how signals and codes pass (D-3)."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import signal
import sys
import time
from pathlib import Path

import pytest

from strongroom_cli.exits import Failure
from strongroom_cli.variables import Source, Variable, require_no_nul

from .stage import Stage
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
    """The command up to the program."""
    return (STRONGROOM, "run", "-p", "billing", *options, "--")


async def test_fifty_secrets(stage: Stage) -> None:
    """D-3: all of them arrive, byte for byte, in one request to the record each."""
    project = stage.projects["billing"]
    nasty = ["line\nbreak\r\n", "  blanks\t", "$HOME `id` \"'\\", "ünïcödé 🗝", "a=b#c", "%s %d"]
    for number in range(50 - 2):
        value = nasty[number] + stage.world.markers.value() if number < len(nasty) else None
        await stage.add(project, f"secret {number}", value=value)
    await stage.grant_all()
    done = await stage.terminal.run(*run_command(), sys.executable, "-c", PRINT_ENVIRONMENT)
    found = json.loads(done.out)
    database = json.loads(await stage.value("billing/DATABASE"))

    assert (0, "") == (done.status, done.err)
    for number in range(48):
        assert await stage.value(f"billing/secret {number}") == found[f"SECRET_{number}"]
    assert database == {"host": found["DATABASE_HOST"], "password": found["DATABASE_PASSWORD"]}
    assert 50 == len(await stage.world.entries("secret_read"))


def test_a_value_with_nul_is_refused() -> None:
    """D-3: it is named and not shown. This server stores none; another might."""
    variable = Variable("BINARY", Source("sk_aaaaaaaaaa", "binary", None), "hidden\0value")
    with pytest.raises(Failure, match=r"^BINARY \(from binary\) holds a NUL") as refused:
        require_no_nul([variable])

    assert "hidden" not in refused.value.message + refused.value.hint
    assert "hidden" not in repr(variable)


async def test_without_watch_the_process_becomes_the_program(stage: Stage) -> None:
    """D-3: no parent holds the values; signals and codes need nobody to pass them."""
    async with stage.terminal.running(*run_command(), "sleep", "60") as running:
        await _until_program(running, "sleep")

        assert -signal.SIGKILL == await running.end(signal.SIGKILL)


@pytest.mark.parametrize("options", [(), WATCH], ids=["become", "parent"])
async def test_signals_arrive(stage: Stage, options: tuple[str, ...]) -> None:
    """D-3: each signal reaches the program, each time, once."""
    command = (*run_command(*options), sys.executable, "-c", TELL_SIGNALS, *SIGNALS)
    async with stage.terminal.running(*command) as running:
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
async def test_codes_are_returned(stage: Stage, options: tuple[str, ...]) -> None:
    """D-3: the program's own, whatever it is."""
    for code in (0, 1, 7, 126, 255):
        done = await stage.terminal.run(*run_command(*options), "sh", "-c", f"exit {code}")

        assert code == done.status


async def test_the_death_by_a_signal_is_told_as_shells_do(stage: Stage) -> None:
    """D-3: 128 + n."""
    done = await stage.terminal.run(*run_command(*WATCH), "sh", "-c", "kill -TERM $$")

    assert 128 + signal.SIGTERM == done.status


async def test_a_program_that_cannot_start_under_watch(stage: Stage) -> None:
    """D-3: 126 there too."""
    script = stage.terminal.folder / "script"
    script.write_text("exit 3")
    script.chmod(0o755)
    done = await stage.terminal.run(*run_command(*WATCH), "./script")

    assert 126 == done.status
    assert "exec format error" in done.err


async def test_keys_are_not_doubled(stage: Stage) -> None:
    """D-3: Ctrl-C reaches parent and child by the terminal; the parent does not send it again."""
    command = (*run_command(*WATCH), sys.executable, "-c", TELL_SIGNALS, "INT", "USR1")
    said = await asyncio.to_thread(_type_ctrl_c, command, stage.terminal.environment)

    assert 1 == said.count("got SIGINT"), said


async def test_a_change_restarts_the_program(stage: Stage) -> None:
    """D-3: ended by TERM and started with the new value; of another secret, it is left alone."""
    script = 'trap "echo bye; exit 9" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
    command = (*run_command(*WATCH, "--only", "API_KEY"), "sh", "-c", script)
    first = await stage.value("billing/API_KEY")
    async with stage.terminal.running(*command) as running:
        await running.until_said(f"value {first}")
        second = await stage.change("billing/API_KEY")
        await running.until_said(f"value {second}")

        assert 9 == await running.end()
    assert f"value {first}\nbye\nvalue {second}\nbye\n" == running.out


async def test_a_program_that_does_not_end_is_killed(stage: Stage) -> None:
    """D-3: after ten seconds, and then started anew."""
    script = 'trap "" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
    first = await stage.value("billing/API_KEY")
    async with stage.terminal.running(*run_command(*WATCH), "sh", "-c", script) as running:
        await running.until_said(f"value {first}")
        second = await stage.change("billing/API_KEY")
        await running.until_said("restarting sh")
        began = time.monotonic()
        await running.until_said(f"value {second}")

        assert 10 <= time.monotonic() - began + 0.5 < 30
        (child,) = await _children(running)
        os.kill(int(child), signal.SIGKILL)
        assert 128 + signal.SIGKILL == await running.ended()


async def test_who_ends_it_during_a_restart_means_it(stage: Stage) -> None:
    """D-3: a program that is told to end while it is being restarted is not started again."""
    script = 'trap "sleep 2; exit 4" TERM; echo "value $API_KEY"; while :; do sleep 0.05; done'
    first = await stage.value("billing/API_KEY")
    async with stage.terminal.running(*run_command(*WATCH), "sh", "-c", script) as running:
        await running.until_said(f"value {first}")
        await stage.change("billing/API_KEY")
        await running.until_said("restarting sh")

        assert 4 == await running.end()
        assert f"value {first}\n" == running.out


async def test_what_is_ignored_stays_ignored(stage: Stage) -> None:
    """D-3: nohup works through it."""
    command = (*run_command(*WATCH), "sh", "-c", "echo ready; exec sleep 60")
    under_nohup = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh", *command)
    async with stage.terminal.running(*under_nohup) as running:
        await running.until_said("ready")
        (child,) = await _children(running)
        for each in (running.process.pid, int(child)):
            os.kill(each, signal.SIGHUP)

        assert 128 + signal.SIGTERM == await running.end()


async def test_what_is_gone_ends_nothing(stage: Stage) -> None:
    """D-3: the program has the value already; that it was deleted is said."""
    command = (*run_command(*WATCH), "sh", "-c", "echo ready; exec sleep 60")
    async with stage.terminal.running(*command) as running:
        await running.until_said("ready")
        await stage.befall("delete billing/API_KEY")
        await running.until_said("API_KEY was deleted; the program goes on with it")
        await stage.befall("withdraw billing/DATABASE")
        await running.until_said("DATABASE was withdrawn; the program goes on with it")

        assert 128 + signal.SIGTERM == await running.end()


async def test_a_revoked_machine_ends_the_watch_only(stage: Stage) -> None:
    """D-3: the program goes on, and that changes are not seen is said."""
    command = (*run_command(*WATCH), "sh", "-c", "echo ready; exec sleep 60")
    async with stage.terminal.running(*command) as running:
        await running.until_said("ready")
        await stage.befall("revoke")
        await running.until_said("the program goes on, and changes are not seen")

        assert 128 + signal.SIGTERM == await running.end()


@pytest.mark.parametrize("options", [(), WATCH], ids=["become", "parent"])
async def test_values_are_on_no_command_line(stage: Stage, options: tuple[str, ...]) -> None:
    """D-3: not of ours, not of the program; and in no file that this left."""
    before = set(_files(stage.terminal.home))
    command = (*run_command(*options), "sh", "-c", "echo ready; exec sleep 60")
    async with stage.terminal.running(*command) as running:
        await running.until_said("ready")
        lines = b"".join(_command_lines())
        value = (await stage.value("billing/API_KEY")).encode()

        assert b"sleep" in lines
        assert value not in lines
        assert value in b"".join(_environments())
    assert before == set(_files(stage.terminal.home))


async def _until_program(running: Running, name: str) -> None:
    path = Path(f"/proc/{running.process.pid}/comm")
    async with asyncio.timeout(GENEROUS_SECONDS):
        while path.read_text().strip() != name:
            await asyncio.sleep(0.02)


async def _children(running: Running) -> list[str]:
    pid = running.process.pid
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


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
    """Run a command at a terminal, press Ctrl-C when it is ready, and return what it said.

    The parent is halted meanwhile, so that two signals cannot become one in the child. A USR1 to it
    follows. Were the keys passed on too, that would come first: signals that wait are handled from
    the lowest number on.
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
