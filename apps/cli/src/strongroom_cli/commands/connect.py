"""`strongroom connect`: selects the project for this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, identity_options, pass_choices
from strongroom_cli.escape import escape
from strongroom_cli.failures import DENIED, NOT_FOUND, USAGE, Failure
from strongroom_cli.output import can_ask, note

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom import ProjectInfo
    from strongroom_cli.addresses import ChosenProject


@click.command(name="connect")
@click.argument("project", required=False)
@identity_options
@pass_choices
def command(choices: Choices, project: str | None) -> None:
    """Select the PROJECT for this folder and its subfolders.

    PROJECT is application/project, or the name of a standalone project. If you omit it in a
    terminal, you choose from a list, unless there is only one. Writes strongroom.toml, which
    contains no secrets and can be committed.
    """
    from strongroom_cli.addresses import match_project  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.project_file import (  # noqa: PLC0415 -- the same
        NAME,
        ProjectFile,
        write_project_file,
    )
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    # This folder's project file is about to be replaced, so it doesn't have to match this machine.
    with connected(choices, settle(choices, use_file=False), cached=False) as client:
        listed = sorted(client.list_projects(), key=lambda each: each.address)
        chosen = match_project(listed, project) if project is not None else _choose(listed)
        access = client.verify_access(chosen.id)
        if not access.valid:
            raise Failure(
                f"no access to {chosen.label}: {access.error}",
                "ask for this machine to be attached to the project",
                exit_code=DENIED,
            )
        path = Path.cwd() / NAME
        file = ProjectFile(path, client.identity.vault_id, chosen.id)
        write_project_file(file, address=chosen.label)
    note(choices, f"using {chosen.label} in this folder (wrote {path})")


def _choose(listed: Sequence[ProjectInfo]) -> ChosenProject:
    """Ask which project to use. In a terminal, the only project is used without asking."""
    from strongroom_cli.addresses import ChosenProject  # noqa: PLC0415 -- already loaded

    if not listed:
        raise Failure(
            "no access to any secret",
            "ask for this machine to be attached to a project and granted secrets",
            exit_code=NOT_FOUND,
        )
    if not can_ask():
        names = ", ".join(each.address for each in listed)
        raise Failure(
            "no project given, and no terminal to choose one in",
            f"pass one of these: {names}",
            exit_code=USAGE,
        )
    if len(listed) == 1:
        return ChosenProject(listed[0].id, listed[0].address)
    for number, each in enumerate(listed, 1):
        click.echo(f"{number:4}  {escape(each.address)}", err=True)
    number = int(click.prompt("Project", type=click.IntRange(1, len(listed)), err=True))
    return ChosenProject(listed[number - 1].id, listed[number - 1].address)
