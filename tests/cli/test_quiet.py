"""Output that commands print or must not print, and modules that they must not load (D-3)."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from strongroom_cli.main import cli
from strongroom_testkit.markers import forms_of

from .cli_world import CliWorld
from .terminal import PROGRAMS

STRONGROOM = str(PROGRAMS / "strongroom")
HEAVY = {"asyncio", "rich", "yaml", "subprocess", "tomllib", "difflib", "hypothesis", "httpx"}
COMMANDS = [
    ("get", "billing/API_KEY"),
    ("get", "billing/DATABASE#host", "-f", "json"),
    ("get", "billing/API_KEY", "--field", "x"),
    ("get", "billing/DATABASE#x"),
    ("list",),
    ("run", "-p", "billing", "--", "true"),
    ("run", "-p", "billing", "--prefix", "DYLD_", "--", "true"),
    ("export", "-p", "billing", "-o", "out"),
    ("export", "-p", "billing", "--format", "k8s-secret", "--name", "-"),
    ("cache", "fill"),
    ("cache", "show"),
    ("whoami",),
    ("doctor", "-p", "billing"),
    ("status",),
]


async def test_debug_prints_no_secret(cli_world: CliWorld) -> None:
    """D-3: `--debug` prints no value, key or signature, in any form."""
    pem = (cli_world.identity / "private.pem").read_text()
    secrets = [await cli_world.value(address) for address in cli_world.secrets]
    secrets += json.loads(await cli_world.value("billing/DATABASE")).values()
    for command in COMMANDS:
        done = await cli_world.terminal.strongroom("--debug", *command)
        told = done.err.encode()

        assert "strongroom: debug: " in done.err, command
        for secret in [*secrets, pem.splitlines()[1]]:
            found = [form for form, needle in forms_of(secret) if needle in told]
            assert [] == found, command
        assert "signature" not in done.err.lower(), command


async def test_get_imports_little(cli_world: CliWorld) -> None:
    """D-3: slow imports happen only where they are needed."""
    script = (
        "import sys; sys.argv = ['strongroom', 'get', sys.argv[1]]\n"
        "from strongroom_cli.main import run_typed\n"
        "code = run_typed()\n"
        "print(code, *sorted(sys.modules), file=sys.stderr)"
    )
    secret = cli_world.secrets["billing/API_KEY"].id
    for address in (secret, "billing/API_KEY"):
        done = await cli_world.terminal.run(sys.executable, "-c", script, address)
        code, *modules = done.err.split()

        assert ("0", await cli_world.value("billing/API_KEY")) == (code, done.out)
        assert set() == HEAVY & {name.partition(".")[0] for name in modules}
        assert "strongroom_cli.commands.get" in modules
        assert not any(name.startswith("strongroom_core") for name in modules)


async def test_a_closed_pipe_is_not_an_error(cli_world: CliWorld) -> None:
    """D-3: `… | head` causes no error message."""
    done = await cli_world.terminal.type(
        "strongroom list | head -0; echo; strongroom --help | head -1"
    )

    assert (0, "") == (done.status, done.err)


async def test_colors_are_for_terminals_without_no_color(cli_world: CliWorld) -> None:
    """no-color.org: output is colored only in a terminal, and never if NO_COLOR is set."""
    here, at_terminal = "strongroom doctor", "TERM=xterm script -qec 'strongroom doctor' /dev/null"
    piped = await cli_world.terminal.type(here)
    seen = await cli_world.terminal.type(at_terminal)
    plain = await cli_world.terminal.type(f"NO_COLOR=1 {at_terminal}")

    assert "\033[" not in piped.out
    assert "\033[32m" in seen.out
    assert "\033[" not in plain.out


async def test_at_a_terminal(cli_world: CliWorld) -> None:
    """D-3: in a terminal, `get` adds a newline, `list` draws a table, and `export` needs `-o -`."""
    cli_world.terminal.variables["NO_COLOR"] = "1"
    value = await cli_world.value("billing/API_KEY")
    got = await cli_world.terminal.type("script -qec 'strongroom get billing/API_KEY' /dev/null")
    listed = await cli_world.terminal.type("script -qec 'strongroom list -p billing' /dev/null")
    export = "strongroom export -p billing --only API_KEY"
    refused = await cli_world.terminal.type(f"script -qec '{export}' /dev/null")
    exported = await cli_world.terminal.type(f"script -qec '{export} -o -' /dev/null")
    connected = await cli_world.terminal.type(
        "script -qec 'strongroom connect' /dev/null", given="2\n"
    )

    assert f"{value}\r\n" == got.out
    assert listed.out.startswith("ADDRESS ")
    assert (2, False) == (refused.status, value in refused.out)
    assert f"API_KEY={value}\r\n" == exported.out
    assert re.search(r"1  billing\s+2  shop/production\s+Project: ", connected.out)
    assert "using shop/production in this folder" in connected.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_completion_scripts(cli_world: CliWorld, shell: str) -> None:
    """D-3: bash parses its script; all scripts call this program."""
    done = await cli_world.terminal.strongroom("completion", shell)

    assert 0 == done.status
    assert "_STRONGROOM_COMPLETE" in done.out
    if shell == "bash":
        checked = subprocess.run(["bash", "-n"], input=done.out.encode(), check=False)
        assert 0 == checked.returncode


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("strongroom ge", ["get", "generate"]),
        ("strongroom log", ["login", "logout"]),
        ("strongroom secrets s", ["set"]),
        ("strongroom machines d", ["deny", "disable"]),
        ("strongroom secrets set --f", ["--file", "--format"]),
    ],
)
async def test_completion_completes(cli_world: CliWorld, typed: str, completed: list[str]) -> None:
    """D-3: bash gets matching commands and options as completions, also those of a group."""
    cli_world.terminal.variables |= {
        "_STRONGROOM_COMPLETE": "bash_complete",
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
    }
    done = await cli_world.terminal.strongroom()

    assert "".join(f"plain,{each}\n" for each in completed) == done.out


@pytest.mark.programs
@pytest.mark.parametrize("command", [[], *([name] for name in cli.list_commands(None))])  # type: ignore[arg-type]
def test_every_command_has_help(command: list[str]) -> None:
    """D-3: every command has help that fits a terminal."""
    done = subprocess.run(
        [STRONGROOM, *command, "--help"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith(f"Usage: strongroom {' '.join(command)}".strip())
    assert max(map(len, done.stdout.splitlines())) <= 80


async def test_unexpected_errors_have_no_traceback(cli_world: CliWorld) -> None:
    """D-3: a malformed response and an internal error each print two lines."""
    identity = cli_world.identity / "identity.json"
    identity.write_text(identity.read_text().replace(str(cli_world.port), "1"))
    for options in ((), ("--debug",)):
        done = await cli_world.terminal.strongroom("list", "--attempts", "1", *options)

        assert 6 == done.status
        assert "Traceback" not in done.err
    identity.chmod(0o000)
    identity.unlink()
    identity.mkdir()
    done = await cli_world.terminal.strongroom("list")

    assert 3 == done.status
    assert "Traceback" not in done.err
