"""`strongroom unfreeze`: allows reads of a frozen project again, as the person who is signed in."""

from __future__ import annotations

import click

from strongroom_cli.choices import (
    Choices,
    destructive_options,
    output_option,
    pass_choices,
    project_option,
)
from strongroom_cli.failures import Failure
from strongroom_cli.output import ALL_KINDS, JSON, note, write_json


@click.command(name="unfreeze")
@click.argument("typed", metavar="[PROJECT]", required=False)
@click.option("--reason", metavar="TEXT", required=True, help="The reason, shown in the audit log.")
@output_option(*ALL_KINDS)
@project_option
@destructive_options
@pass_choices
def command(choices: Choices, typed: str | None, reason: str) -> None:
    """Unfreeze a PROJECT. The server may require that you confirm this in the browser."""
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, facts, resolve_project  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        found = resolve_project(choices, admin, typed)
        if found.frozen_at is None:
            raise Failure(f"{found.address} is not frozen")
        if would(choices, f"unfreeze {found.address}"):
            return
        confirm(choices, f"unfreeze {found.address}")
        made = admin.unfreeze_project(found.id, reason)
    if choices.output == JSON:
        write_json({"address": made.address, **facts(made)})
    note(choices, f"unfroze {found.address}")
