"""`strongroom cache`: manages this machine's offline cache."""

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
from strongroom_cli.groups import Group
from strongroom_cli.output import ALL_KINDS, note, write_rows
from strongroom_cli.phrases import counted

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
    """Manage the offline cache.

    Values are kept on disk, encrypted with this machine's key, and used when the server is
    unreachable. Enable it with --offline-cache or STRONGROOM_OFFLINE_CACHE=1.
    """


@command.command()
@output_option(*ALL_KINDS)
@identity_options
@pass_choices
def show(choices: Choices) -> None:
    """List cached secrets and their age, without contacting the server."""
    from strongroom_cli.phrases import age_of, seconds_since  # noqa: PLC0415 -- see main

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
    """Delete all cached values."""
    with _opened(choices) as client:
        count = client.clear_cache()
    note(choices, f"{counted(count, 'entry', 'entries')} deleted")


@command.command()
@project_option
@identity_options
@pass_choices
def fill(choices: Choices) -> None:
    """Read and cache the project's secrets.

    Without a project, caches everything this machine can read.
    """
    from strongroom_cli.addresses import resolve_project  # noqa: PLC0415 -- see main
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    settings = settle(choices)
    project = settings.project
    with _opened(choices) as client:
        # The lists are cached too, because names are resolved with them while offline.
        client.list_projects()
        client.list_secrets()
        exported = client.export(resolve_project(client, project).id if project else None)
    kept = counted(len(exported), "secret")
    note(choices, f"{kept} cached")
    if not settings.offline_cache:
        note(
            choices, "enable the cache with --offline-cache or STRONGROOM_OFFLINE_CACHE=1 to use it"
        )


def _opened(choices: Choices) -> AbstractContextManager[Strongroom]:
    """Open a client with the cache enabled, regardless of the settings."""
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- see main
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    choices.offline_cache = True
    return connected(choices, settle(choices))
