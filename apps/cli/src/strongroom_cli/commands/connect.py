"""`strongroom connect`: choose the project of this folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, identity_options, pass_choices
from strongroom_cli.exits import DENIED, NOT_FOUND, USAGE, Failure
from strongroom_cli.output import can_ask, note
from strongroom_cli.shown import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom import ProjectInfo
    from strongroom_cli.addresses import ChosenProject


@click.command(name="connect")
@click.argument("project", required=False)
@identity_options
@pass_choices
def command(choices: Choices, project: str | None) -> None:
    """Choose the PROJECT that this folder and those below it use.

    PROJECT is application/environment, or the name of a project that stands alone. At a terminal it
    may be left away: the projects are listed to choose from. Writes strongroom.toml, which holds no
    secret and may be committed.
    """
    from strongroom_cli.addresses import match_project  # noqa: PLC0415 -- kept out of the start
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.project_file import (  # noqa: PLC0415 -- the same
        NAME,
        ProjectFile,
        write_project_file,
    )
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    # The file of this folder is about to be replaced, and need not fit this machine.
    with connected(choices, settle(choices, heed_file=False), cached=False) as client:
        listed = sorted(client.list_projects(), key=lambda each: each.address)
        chosen = match_project(listed, project) if project is not None else _choose(listed)
        access = client.verify_access(chosen.id)
        if not access.valid:
            raise Failure(
                f"{chosen.label} is not open to this machine: {access.error}",
                "have it attached to the project",
                exit_code=DENIED,
            )
        path = Path.cwd() / NAME
        file = ProjectFile(path, client.identity.vault_id, chosen.id)
        write_project_file(file, address=chosen.label)
    note(choices, f"{chosen.label} is the project of this folder now: {path} says so")


def _choose(listed: Sequence[ProjectInfo]) -> ChosenProject:
    """Let a person choose, and take the only one where there is nobody to ask."""
    from strongroom_cli.addresses import ChosenProject  # noqa: PLC0415 -- loaded already

    if not listed:
        raise Failure(
            "this machine was granted no secret of any project",
            "have somebody attach it to a project and grant it secrets",
            exit_code=NOT_FOUND,
        )
    if len(listed) == 1:
        return ChosenProject(listed[0].id, listed[0].address)
    if not can_ask():
        names = ", ".join(each.address for each in listed)
        raise Failure(
            "there are several projects, and no terminal to choose at",
            f"name one of these: {names}",
            exit_code=USAGE,
        )
    for number, each in enumerate(listed, 1):
        click.echo(f"{number:4}  {shown(each.address)}", err=True)
    number = int(click.prompt("Which one", type=click.IntRange(1, len(listed)), err=True))
    return ChosenProject(listed[number - 1].id, listed[number - 1].address)
