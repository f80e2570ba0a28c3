"""`strongroom completion`: prints a completion script for a shell."""

from __future__ import annotations

import click

from strongroom_cli.choices import common_options
from strongroom_cli.output import write


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
def command(shell: str) -> None:
    """Print a completion script. Save it in the file where your shell looks for it.

    \b
    bash:  ~/.local/share/bash-completion/completions/strongroom
    zsh:   ~/.zfunc/_strongroom
    fish:  ~/.config/fish/completions/strongroom.fish
    """  # noqa: D301 -- click reads a backspace as "keep these lines"
    from click.shell_completion import get_completion_class  # noqa: PLC0415 -- only here

    from strongroom_cli.main import PROGRAM, cli  # noqa: PLC0415 -- it imports this module

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"no completion for {shell}")
    write(kind(cli, {}, PROGRAM, "_STRONGROOM_COMPLETE").source().rstrip() + "\n")
