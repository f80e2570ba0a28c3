"""What is said, what is not, and what stays out of the way (D-3)."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from strongroom_cli.main import cli
from strongroom_testkit.markers import forms_of

from .stage import Stage
from .terminal import PROGRAMS

STRONGROOM = str(PROGRAMS / "strongroom")
HEAVY = {"asyncio", "rich", "yaml", "subprocess", "tomllib", "difflib", "hypothesis", "httpx"}
COMMANDS = [
    ("get", "billing/API_KEY"),
    ("get", "billing/DATABASE#host", "-o", "json"),
    ("get", "billing/API_KEY", "--field", "x"),
    ("get", "billing/DATABASE#x"),
    ("list",),
    ("run", "-p", "billing", "--", "true"),
    ("run", "-p", "billing", "--prefix", "DYLD_", "--", "true"),
    ("export", "-p", "billing", "-O", "out"),
    ("export", "-p", "billing", "--format", "k8s-secret", "--name", "-"),
    ("cache", "fill"),
    ("cache", "show"),
    ("whoami",),
    ("doctor", "-p", "billing"),
    ("status",),
]


async def test_debug_tells_no_secret(stage: Stage) -> None:
    """D-3: no value, key or signature on stderr, in no form."""
    pem = (stage.identity / "private.pem").read_text()
    secrets = [await stage.value(address) for address in stage.secrets]
    secrets += json.loads(await stage.value("billing/DATABASE")).values()
    for command in COMMANDS:
        done = await stage.terminal.strongroom("--debug", *command)
        told = done.err.encode()

        assert "strongroom: debug: " in done.err, command
        for secret in [*secrets, pem.splitlines()[1]]:
            found = [form for form, needle in forms_of(secret) if needle in told]
            assert [] == found, command
        assert "signature" not in done.err.lower(), command


async def test_get_imports_little(stage: Stage) -> None:
    """D-3: what is heavy is imported by whoever needs it."""
    script = (
        "import sys; sys.argv = ['strongroom', 'get', sys.argv[1]]\n"
        "from strongroom_cli.main import _run\n"
        "code = _run()\n"
        "print(code, *sorted(sys.modules), file=sys.stderr)"
    )
    secret = stage.secrets["billing/API_KEY"].id
    for address in (secret, "billing/API_KEY"):
        done = await stage.terminal.run(sys.executable, "-c", script, address)
        code, *modules = done.err.split()

        assert ("0", await stage.value("billing/API_KEY")) == (code, done.out)
        assert set() == HEAVY & {name.partition(".")[0] for name in modules}
        assert "strongroom_cli.commands.get" in modules
        assert not any(name.startswith("strongroom_core") for name in modules)


async def test_a_reader_that_went_away_is_no_failure(stage: Stage) -> None:
    """D-3: `… | head` ends silently."""
    done = await stage.terminal.type("strongroom list | head -0; echo; strongroom --help | head -1")

    assert (0, "") == (done.status, done.err)


async def test_colours_are_for_terminals_of_those_who_want_them(stage: Stage) -> None:
    """no-color.org: none in a pipe; at a terminal, unless NO_COLOR is set."""
    here, at_terminal = "strongroom doctor", "TERM=xterm script -qec 'strongroom doctor' /dev/null"
    piped = await stage.terminal.type(here)
    seen = await stage.terminal.type(at_terminal)
    plain = await stage.terminal.type(f"NO_COLOR=1 {at_terminal}")

    assert "\033[" not in piped.out
    assert "\033[32m" in seen.out
    assert "\033[" not in plain.out


async def test_at_a_terminal(stage: Stage) -> None:
    """D-3: `get` adds a newline, `list` draws a table, `export` warns, `connect` asks."""
    stage.terminal.variables["NO_COLOR"] = "1"
    value = await stage.value("billing/API_KEY")
    got = await stage.terminal.type("script -qec 'strongroom get billing/API_KEY' /dev/null")
    listed = await stage.terminal.type("script -qec 'strongroom list -p billing' /dev/null")
    exported = await stage.terminal.type(
        "script -qec 'strongroom export -p billing --only API_KEY' /dev/null"
    )
    connected = await stage.terminal.type("script -qec 'strongroom connect' /dev/null", given="2\n")

    assert f"{value}\r\n" == got.out
    assert listed.out.startswith("ADDRESS ")
    assert "this is a terminal" in exported.out
    assert re.search(r"1  billing\s+2  shop/production\s+Which one: ", connected.out)
    assert "shop/production is the project of this folder now" in connected.out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_completion_scripts(stage: Stage, shell: str) -> None:
    """D-3: bash parses its own; all of them call this program."""
    done = await stage.terminal.strongroom("completion", shell)

    assert 0 == done.status
    assert "_STRONGROOM_COMPLETE" in done.out
    if shell == "bash":
        checked = subprocess.run(["bash", "-n"], input=done.out.encode(), check=False)
        assert 0 == checked.returncode


async def test_completion_completes(stage: Stage) -> None:
    """D-3: commands and options, as bash asks for them."""
    stage.terminal.variables |= {
        "_STRONGROOM_COMPLETE": "bash_complete",
        "COMP_WORDS": "strongroom ge",
        "COMP_CWORD": "1",
    }
    done = await stage.terminal.strongroom()

    assert "plain,get\n" == done.out


@pytest.mark.parametrize("command", [[], *([name] for name in cli.list_commands(None))])  # type: ignore[arg-type]
def test_every_command_has_help(command: list[str]) -> None:
    """D-3: and it fits a terminal."""
    done = subprocess.run(
        [STRONGROOM, *command, "--help"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith(f"Usage: strongroom {' '.join(command)}".strip())
    assert max(map(len, done.stdout.splitlines())) <= 80


async def test_what_nobody_foresaw_is_no_traceback(stage: Stage) -> None:
    """D-3: an answer that makes no sense, and a failure of our own, in two lines."""
    identity = stage.identity / "identity.json"
    identity.write_text(identity.read_text().replace(str(stage.port), "1"))
    for options in ((), ("--debug",)):
        done = await stage.terminal.strongroom("list", "--attempts", "1", *options)

        assert 6 == done.status
        assert "Traceback" not in done.err
    identity.chmod(0o000)
    identity.unlink()
    identity.mkdir()
    done = await stage.terminal.strongroom("list")

    assert 3 == done.status
    assert "Traceback" not in done.err
