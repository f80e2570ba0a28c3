"""A value that is typed, piped in or edited leaves no trace: not in arguments, variables, files or errors."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
import stat
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from strongroom_testkit.markers import forms_of

from .cli_world import CliWorld
from .terminal import GENEROUS_SECONDS, POLL_SECONDS, PROGRAMS

STRONGROOM = str(PROGRAMS / "strongroom")
IN_MEMORY = Path("/dev/shm")

pytestmark = pytest.mark.xdist_group("edit")  # Our folders in memory are looked at by name.
LARGE = 200_000

EDITOR = """\
#!{python}
import json, os, sys, time
file = sys.argv[-1]
ancestors = []
process = os.getpid()
while process > 1:
    ancestors.append(process)
    process = int(open(f"/proc/{{process}}/stat").read().rpartition(")")[2].split()[1])
def read(name):
    found = b""
    for each in ancestors:
        try:
            found += open(f"/proc/{{each}}/{{name}}", "rb").read()
        except OSError:
            pass
    return found.decode(errors="replace")
told = {{
    "file": file,
    "before": open(file).read(),
    "mode": os.stat(file).st_mode,
    "folder_mode": os.stat(os.path.dirname(file)).st_mode,
    "temporary": os.environ["TMPDIR"],
    "arguments": read("cmdline"),
    "variables": read("environ"),
}}
open({report!r}, "w").write(json.dumps(told))
open(file + "~", "w").write(open({marker!r}).read())
open(file, "w").write(open({marker!r}).read())
time.sleep({seconds})
sys.exit({status})
"""


@pytest.fixture
async def typed(cli_world: CliWorld, tmp_path: Path) -> str:
    """Sign in, and return a marker that is also in a file, from where the editor takes it."""
    await cli_world.apply("log-in")
    marker = cli_world.world.markers.value("typed")
    (tmp_path / "marker").write_text(marker)
    return marker


def use_editor(cli_world: CliWorld, *, status: int = 0, seconds: float = 0) -> Path:
    """Set EDITOR to a program that writes the marker, and return the file where it reports."""
    folder = cli_world.terminal.home.parent
    report, editor = folder / "report.json", folder / "editor"
    editor.write_text(
        EDITOR.format(
            python=sys.executable,
            report=str(report),
            marker=str(folder / "marker"),
            seconds=seconds,
            status=status,
        )
    )
    editor.chmod(0o755)
    cli_world.terminal.variables["EDITOR"] = shlex.quote(str(editor))
    return report


def traces(marker: str, *folders: Path) -> list[str]:
    """Return the files that contain a marker, in any form."""
    needles = [needle for _, needle in forms_of(marker)]
    return [
        str(each)
        for folder in folders
        for each in folder.rglob("*")
        if each.is_file() and any(needle in each.read_bytes() for needle in needles)
    ]


def in_memory() -> set[str]:
    """Return our folders in memory."""
    return {each.name for each in IN_MEMORY.glob("strongroom-edit-*")}


async def test_edit(cli_world: CliWorld, typed: str) -> None:
    """D-5: the file is empty, private and in memory; nothing of it remains, and the value is stored."""
    report = use_editor(cli_world)
    done = await cli_world.terminal.strongroom("secrets", "edit", "billing/API_KEY")
    told = json.loads(report.read_text())
    file = Path(told["file"])

    assert (0, "") == (done.status, done.out), done.err
    assert "" == told["before"]
    assert file.is_relative_to(IN_MEMORY)
    assert (0o600, 0o700) == (stat.S_IMODE(told["mode"]), stat.S_IMODE(told["folder_mode"]))
    assert str(file.parent) == told["temporary"]
    assert typed not in told["arguments"] + told["variables"] + done.err
    assert not file.parent.exists()
    report.unlink()
    assert [] == traces(typed, cli_world.terminal.home, cli_world.terminal.folder)
    assert typed == await cli_world.value("billing/API_KEY")


@pytest.mark.parametrize("how", ["fails", "nothing", "missing", "killed", "quit"])
async def test_edit_without_a_result(cli_world: CliWorld, typed: str, how: str) -> None:
    """D-5: if the editor fails, is killed or writes nothing, nothing is stored and nothing remains."""
    value, before = await cli_world.value("billing/API_KEY"), in_memory()
    waits = how in ("killed", "quit")
    report = use_editor(cli_world, status=3 * (how == "fails"), seconds=60 * waits)
    if how == "nothing":
        cli_world.terminal.variables["EDITOR"] = "true"
    if how == "missing":
        cli_world.terminal.variables["EDITOR"] = "/nowhere/editor"
    command = (STRONGROOM, "secrets", "edit", "billing/API_KEY")
    async with cli_world.terminal.running(*command) as running:
        if waits:
            async with asyncio.timeout(GENEROUS_SECONDS):
                while not report.exists() or not in_memory() - before:
                    await asyncio.sleep(POLL_SECONDS)
            running.process.send_signal(signal.SIGQUIT if how == "quit" else signal.SIGTERM)
        await running.ended()

    assert {"fails": 1, "nothing": 0, "missing": 2, "killed": 130, "quit": 130}[
        how
    ] == running.process.returncode
    assert typed not in running.out + running.err
    assert before == in_memory()
    assert value == await cli_world.value("billing/API_KEY")


async def test_a_killed_edit_is_cleaned_up_by_the_next(cli_world: CliWorld, typed: str) -> None:
    """D-5: SIGKILL leaves the file, and the next command that edits removes it."""
    before = in_memory()
    report = use_editor(cli_world, seconds=60)
    async with cli_world.terminal.running(
        STRONGROOM, "secrets", "edit", "billing/API_KEY"
    ) as running:
        async with asyncio.timeout(GENEROUS_SECONDS):
            while not report.exists() or not in_memory() - before:
                await asyncio.sleep(POLL_SECONDS)
        running.process.kill()
        await running.ended()
    assert in_memory() - before
    cli_world.terminal.variables["EDITOR"] = "true"
    await cli_world.terminal.strongroom("secrets", "edit", "billing/API_KEY")

    assert before == in_memory()


async def test_a_hidden_prompt(cli_world: CliWorld, typed: str) -> None:
    """D-5: in a terminal, the value is asked for twice, and isn't shown."""
    ours, theirs = os.openpty()
    os.set_blocking(ours, False)
    process = await asyncio.create_subprocess_exec(
        *(STRONGROOM, "secrets", "set", "billing/API_KEY"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=cli_world.terminal.environment,
        start_new_session=True,
    )
    seen = ""
    async with asyncio.timeout(GENEROUS_SECONDS):
        for prompt in ("Value (hidden): ", "Repeat for confirmation: ", "API_KEY; 1 machine"):
            while prompt not in seen:
                await asyncio.sleep(POLL_SECONDS)
                with suppress(BlockingIOError):
                    seen += os.read(ours, 4096).decode()
            if prompt.endswith(": "):
                os.write(ours, f"{typed}\n".encode())
        await process.wait()
    os.close(ours)
    os.close(theirs)

    assert 0 == process.returncode, seen
    assert typed not in seen
    assert "stored version 2 of billing/API_KEY" in seen
    assert typed == await cli_world.value("billing/API_KEY")


async def test_a_running_command(cli_world: CliWorld, typed: str) -> None:
    """D-5: while a command has a value from standard input, neither its arguments nor its variables do."""
    process = await asyncio.create_subprocess_exec(
        *(STRONGROOM, "secrets", "set", "billing/API_KEY"),
        stdin=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=cli_world.terminal.environment,
    )
    assert process.stdin is not None
    process.stdin.write(typed.encode())
    await process.stdin.drain()
    for name in ("cmdline", "environ"):
        assert typed.encode() not in Path(f"/proc/{process.pid}/{name}").read_bytes()
    process.stdin.close()
    _, err = await process.communicate()

    assert 0 == process.returncode, err
    assert typed.encode() not in err
    assert [] == traces(typed, cli_world.terminal.home, cli_world.terminal.folder)


async def test_errors_do_not_repeat_a_value(cli_world: CliWorld, typed: str) -> None:
    """D-5: no error contains the value, whether the server, the network or this program fails."""
    terminal, longer = cli_world.terminal, typed * (LARGE // len(typed))
    tried = [
        (("set", "billing/API_KEY", "--debug"), longer, 2),
        (("set", "billing/DATABASE#none", "--debug"), typed, None),
        (("set", "nowhere/A", "--debug"), typed, 5),
        (("set", f"billing/API_KEY={typed}"), "", 2),
        (("set", "billing/API_KEY", typed), "", 2),
        (("secrets", "set", "-v", typed, "billing/API_KEY"), "", 2),
        (("secrets", f"--value={typed}", "set", "billing/API_KEY"), "", 2),
        (("secrets", f"API_KEY={typed}"), "", 2),
        ((f"API_KEY={typed}",), "", 2),
        (("share", typed), "", 2),
        (("share", "--debug"), longer, 2),
        (("set", "billing/API_KEY", "-f", "json"), typed + "\x00", None),
    ]
    for arguments, given, status in tried:
        done = await terminal.strongroom(*arguments, given=given)

        assert status in (None, done.status), (arguments, done)
        for form, needle in forms_of(typed):
            assert needle not in (done.out + done.err).encode(), (arguments, form)
    await cli_world.stop()
    done = await terminal.strongroom("set", "billing/API_KEY", "--debug", given=typed)

    assert 6 == done.status
    assert typed not in done.out + done.err
    assert [] == traces(typed, terminal.home, terminal.folder)


async def test_exactly_what_was_given(cli_world: CliWorld, typed: str) -> None:
    """D-5: one final line break of standard input is removed; a file is stored as it is."""
    terminal = cli_world.terminal
    for given, stored in (
        (f"{typed}\n", typed),
        (f"{typed}\n\n", f"{typed}\n"),
        (" a\tb ", " a\tb "),
    ):
        await terminal.strongroom("set", "billing/API_KEY", given=given)

        assert stored == await cli_world.value("billing/API_KEY")
    file = terminal.folder / "key.pem"
    file.write_text("one\ntwo\n")
    await terminal.strongroom("set", "billing/API_KEY", "--file", "key.pem")

    assert "one\ntwo\n" == await cli_world.value("billing/API_KEY")
    file.write_bytes(b"\xff\xfe")
    done = await terminal.strongroom("set", "billing/API_KEY", "--file", "key.pem")

    assert (1, True) == (done.status, "isn't text in UTF-8" in done.err)
    assert os.access(IN_MEMORY, os.W_OK)
