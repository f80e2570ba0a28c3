"""The guide is accurate: its commands are run, one after the other."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from strongroom_cli import failures
from strongroom_cli.main import cli
from strongroom_core.machines.lifecycle import deny_machine

from .cli_world import CliWorld
from .transcript import run_transcript

GUIDE = Path("docs/clients/cli.md")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = "https://strongroom.example"


async def test_every_command_of_the_guide(cli_world: CliWorld) -> None:
    """The commands, run in order, print the output that the guide shows."""
    folder = cli_world.terminal.folder
    for name in ("worker", "reload"):
        (folder / name).write_text("#!/bin/sh\nexit 0\n")
        (folder / name).chmod(0o755)
    await cli_world.change("billing/API_KEY", "k3y-9f2c")
    await cli_world.change_field("billing/DATABASE", "host", "db.internal")
    first, *others = BLOCK.findall(GUIDE.read_text())
    filled = first.replace("srb_TOKEN", "<token>").replace(EXAMPLE, "<server>")
    # The guide registers a new machine. From here on, the approved one is used.
    await cli_world.apply("unregistered")
    commands = await run_transcript(cli_world, filled, heed_stderr=False)
    registered = json.loads((cli_world.identity / "identity.json").read_text())["machineId"]
    await deny_machine(cli_world.world.core, cli_world.world.owner, registered)
    await cli_world.apply("registered")
    people = False
    for block in others:
        if "strongroom secrets" in block and not people:
            people = True
            await cli_world.apply("log-in")
        # These run until they are interrupted.
        text = re.sub(
            r"^\$ (strongroom (?:watch|audit tail) .*)$",
            r"$ timeout 3 \1\n? 124",
            block,
            flags=re.MULTILINE,
        )
        commands += await run_transcript(
            cli_world, text.replace(EXAMPLE, "<server>"), heed_stderr=False
        )

    assert 33 <= commands


def test_the_guide_names_every_command_and_exit_code() -> None:
    """Every existing command and exit code is documented."""
    text = GUIDE.read_text()
    commands = cli.list_commands(click.Context(cli))

    assert [] == [
        name for name in commands if f"strongroom {name}" not in text and name != "version"
    ]
    codes = {
        value
        for name, value in vars(failures).items()
        if name.isupper() and isinstance(value, int) and value < 10
    }
    assert codes == {int(code) for code in re.findall(r"^\| (\d) \|", text, re.MULTILINE)}


def test_the_guide_names_every_setting() -> None:
    """Every variable that is read, and every key of the project file, is documented."""
    source = Path("apps/cli/src/strongroom_cli/settings.py").read_text()
    variables = set(re.findall(r"STRONGROOM_[A-Z_]+", source))

    assert 6 == len(variables)
    assert [] == [name for name in sorted(variables) if f"`{name}`" not in GUIDE.read_text()]
