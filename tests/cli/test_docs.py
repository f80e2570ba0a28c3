"""The guide is true: its commands are typed, one after the other."""

from __future__ import annotations

import re
from pathlib import Path

import click

from strongroom_cli import exits
from strongroom_cli.main import cli

from .play import play
from .stage import Stage

GUIDE = Path("docs/clients/cli.md")
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLE = "https://strongroom.example"


async def test_every_command_of_the_guide(stage: Stage) -> None:
    """Typed in order, they print what the guide says."""
    folder = stage.terminal.folder
    for name in ("worker", "reload"):
        (folder / name).write_text("#!/bin/sh\nexit 0\n")
        (folder / name).chmod(0o755)
    await stage.change("billing/API_KEY", "k3y-9f2c")
    await stage.change_field("billing/DATABASE", "host", "db.internal")
    first, *others = BLOCK.findall(GUIDE.read_text())
    filled = first.replace("srb_TOKEN", "<token>").replace(EXAMPLE, "<server>")
    # The guide's machine is new; from there on it is the one that was approved.
    await stage.befall("nobody")
    played = await play(stage, filled, heed_stderr=False)
    await stage.befall("registered")
    for block in others:
        # A watch goes on until it is ended.
        text = re.sub(
            r"^\$ (strongroom watch .*)$", r"$ timeout 2 \1\n? 124", block, flags=re.MULTILINE
        )
        played += await play(stage, text.replace(EXAMPLE, "<server>"), heed_stderr=False)

    assert 17 <= played


def test_the_guide_names_every_command_and_exit_code() -> None:
    """What is there is documented."""
    text = GUIDE.read_text()
    commands = cli.list_commands(click.Context(cli))

    assert [] == [
        name for name in commands if f"strongroom {name}" not in text and name != "version"
    ]
    codes = {
        value
        for name, value in vars(exits).items()
        if name.isupper() and isinstance(value, int) and value < 10
    }
    assert codes == {int(code) for code in re.findall(r"^\| (\d) \|", text, re.MULTILINE)}


def test_the_guide_names_every_setting() -> None:
    """Each variable that is read, and each key of the project file."""
    source = Path("apps/cli/src/strongroom_cli/settings.py").read_text()
    variables = set(re.findall(r"STRONGROOM_[A-Z_]+", source))

    assert 6 == len(variables)
    assert [] == [name for name in sorted(variables) if f"`{name}`" not in GUIDE.read_text()]
