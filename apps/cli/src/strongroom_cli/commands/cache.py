"""`strongroom cache`: the offline cache of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import (
    Choices,
    common_options,
    identity_options,
    output_option,
    pass_choices,
    project_option,
)
from strongroom_cli.counts import counted
from strongroom_cli.groups import Group
from strongroom_cli.output import ALL_KINDS, note, write_rows

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from strongroom import Strongroom


_MOMENT = "%Y-%m-%dT%H:%M:%SZ"
_MEANT = {
    "list": "show",
    "ls": "show",
    "status": "show",
    "info": "show",
    "update": "fill",
    "refresh": "fill",
    "warm": "fill",
    "delete": "clear",
    "empty": "clear",
    "purge": "clear",
}


@click.group(name="cache", cls=Group, meant=_MEANT)
@common_options
def command() -> None:
    """Look at, fill or empty the offline cache.

    Values are kept on disk, encrypted under this machine's key, and served while the server cannot
    be reached. --offline-cache or STRONGROOM_OFFLINE_CACHE=1 switches it on.
    """


@command.command()
@output_option(*ALL_KINDS)
@identity_options
@pass_choices
def show(choices: Choices) -> None:
    """List what is kept and how old it is. Asks no server."""
    from strongroom_cli.ages import age_of, seconds_since  # noqa: PLC0415 -- see main

    with _opened(choices) as client:
        kept = sorted(client.cached_secrets(), key=lambda each: (each.name or "", each.secret_id))
    if not kept:
        note(choices, "the offline cache is empty")
    write_rows(
        choices,
        ("id", "name", "cached at", "age"),
        [
            (
                each.secret_id,
                each.name or "-",
                f"{each.cached_at:{_MOMENT}}",
                age_of(each.cached_at),
            )
            for each in kept
        ],
        [
            {
                "id": each.secret_id,
                "name": each.name,
                "cached_at": f"{each.cached_at:{_MOMENT}}",
                "age_seconds": seconds_since(each.cached_at),
            }
            for each in kept
        ],
    )


@command.command()
@identity_options
@pass_choices
def clear(choices: Choices) -> None:
    """Delete all that is kept."""
    with _opened(choices) as client:
        count = client.clear_cache()
    note(choices, f"{counted(count, 'entry', 'entries')} deleted")


@command.command()
@project_option
@identity_options
@pass_choices
def fill(choices: Choices) -> None:
    """Read the project's secrets and keep them.

    Without a project, all that this machine may read.
    """
    from strongroom_cli.addresses import resolve_project  # noqa: PLC0415 -- see main
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    settings = settle(choices)
    project = settings.project
    with _opened(choices) as client:
        # The lists are kept too, by which names are found while offline.
        client.list_projects()
        client.list_secrets()
        exported = client.export(resolve_project(client, project).id if project else None)
    kept = counted(len(exported), "secret")
    note(choices, f"{kept} kept for when the server cannot be reached")
    if not settings.offline_cache:
        note(choices, "used where --offline-cache or STRONGROOM_OFFLINE_CACHE=1 switches it on")


def _opened(choices: Choices) -> AbstractContextManager[Strongroom]:
    """Give the client with its cache switched on, which is what this command is about."""
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- see main
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    choices.offline_cache = True
    return connected(choices, settle(choices))
