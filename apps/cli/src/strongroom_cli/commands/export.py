"""`strongroom export`: a project's secrets for another program."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, pass_choices, reading_options
from strongroom_cli.counts import counted
from strongroom_cli.export_formats import FORMATS, kubernetes_name
from strongroom_cli.output import at_terminal, note, warn, write
from strongroom_cli.selection import rules_of, selection_options

if TYPE_CHECKING:
    from strongroom_cli.variables import Rules

_STDOUT = Path("-")


@click.command(name="export")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="dotenv",
    show_default=True,
    help="What to write.",
)
@click.option(
    "-O",
    "--output-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to FILE; - is standard output.",
)
@click.option("--force", is_flag=True, help="Write to a FILE that others read or git tracks.")
@click.option("--name", metavar="NAME", help="The name of the Kubernetes secret.")
@selection_options
@reading_options
@pass_choices
def command(
    choices: Choices,
    form: str,
    output_file: Path | None,
    name: str | None,
    *,
    force: bool,
    **selection: tuple[str, ...],
) -> None:
    """Write the project's secrets as text that another program reads.

    The variables are named as `strongroom run` names them. A value that a format cannot carry is
    refused, by its name, and nothing is written.
    """
    from strongroom_cli.addresses import resolve_project  # noqa: PLC0415 -- the same
    from strongroom_cli.connection import connected, note_age  # noqa: PLC0415 -- see main
    from strongroom_cli.guarded_file import (  # noqa: PLC0415 -- the same
        is_open_to_commits,
        require_writable,
        write_guarded,
    )
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same
    from strongroom_cli.variables import make_variables  # noqa: PLC0415 -- the same

    if output_file == _STDOUT:
        output_file = None
    rules: Rules = rules_of(**selection)  # pyright: ignore[reportArgumentType]
    if output_file is not None:
        # Before anything is read: a refused read would be on the record for nothing.
        require_writable(output_file, force=force)
    settings = settle(choices)
    with connected(choices, settings) as client:
        project = resolve_project(client, settings.project)
        exported = client.export(project.id)
    note_age(choices, [each.value for each in exported])
    variables = make_variables(exported, rules)
    text = FORMATS[form](variables, name or kubernetes_name(project.label))
    if output_file is None:
        if at_terminal():
            warn("these are secrets, and this is a terminal: -O FILE writes them to a file")
        write(text)
        return
    write_guarded(output_file, text.encode())
    note(
        choices,
        f"{counted(len(variables), 'variable')} written to {output_file}, for its owner only",
    )
    if is_open_to_commits(output_file):
        note(choices, f"git does not ignore {output_file}: add it to .gitignore")
