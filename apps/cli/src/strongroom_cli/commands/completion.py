"""`strongroom completion`: the script by which a shell completes commands and options."""

from __future__ import annotations

import click

from strongroom_cli.choices import common_options
from strongroom_cli.output import write


@click.command(name="completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@common_options
def command(shell: str) -> None:
    r"""Print the completion script of SHELL.

    \b
    bash:  strongroom completion bash > ~/.local/share/bash-completion/completions/strongroom
    zsh:   strongroom completion zsh > ~/.zfunc/_strongroom
    fish:  strongroom completion fish > ~/.config/fish/completions/strongroom.fish
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 -- only here

    from strongroom_cli.main import PROGRAM, cli  # noqa: PLC0415 -- it imports us

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"there is no completion for {shell}")
    write(kind(cli, {}, PROGRAM, "_STRONGROOM_COMPLETE").source().rstrip() + "\n")
