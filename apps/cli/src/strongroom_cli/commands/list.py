"""`strongroom list`: lists what this machine can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, output_option, pass_choices, reading_options
from strongroom_cli.failures import Failure
from strongroom_cli.output import ALL_KINDS, note, write_rows

if TYPE_CHECKING:
    from strongroom import SecretInfo, Strongroom


@click.command(name="list")
@click.argument("typed", metavar="[PROJECT]", required=False)
@output_option(*ALL_KINDS)
@reading_options
@pass_choices
def command(choices: Choices, typed: str | None) -> None:
    """List the secrets this machine can read, without their values.

    If you pass PROJECT (the same as --project), or the folder has a selected project, only that
    project's secrets are listed.
    """
    from strongroom_cli.addresses import project_of  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    if typed is not None:
        if choices.project not in (None, typed):
            raise click.UsageError("two projects given; drop --project")
        choices.project = typed.rstrip("/")
    settings = settle(choices)
    wanted = settings.project.value
    with connected(choices, settings) as client:
        listed = sorted(_list(client), key=lambda each: each.address)
        if wanted is not None:
            listed = [each for each in listed if wanted in (each.project_id, project_of(each))]
            if not listed:
                # This distinguishes an empty project from one that doesn't exist.
                from strongroom_cli.addresses import resolve_project  # noqa: PLC0415 -- rarely needed

                resolve_project(client, settings.project)
    if not listed:
        note(choices, "no access to any secret here")
    write_rows(
        choices,
        ("address", "id", "kind", "fields"),
        [
            (each.address, each.id, _kind(each), ", ".join(each.field_names or ()))
            for each in listed
        ],
        [
            {
                "id": each.id,
                "address": each.address,
                "name": each.name,
                "kind": _kind(each),
                "fields": each.field_names,
                "project_id": each.project_id,
            }
            for each in listed
        ],
    )


def _list(client: Strongroom) -> list[SecretInfo]:
    from strongroom import ServerError  # noqa: PLC0415 -- already loaded

    try:
        return client.list_secrets()
    except ServerError as error:
        if error.status is not None:
            raise
        # The response exceeds the limit. The library's hint, to request less, applies only to values.
        raise Failure(error.what, "is this the right server? see `strongroom doctor`") from None


def _kind(secret: SecretInfo) -> str:
    """Return the kind as the dashboard calls it; lists for machines call a single secret `secret`."""
    return "single" if secret.type == "secret" else secret.type
