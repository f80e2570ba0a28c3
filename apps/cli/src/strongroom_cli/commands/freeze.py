"""`strongroom freeze`: blocks all reads of a project, as the person who is signed in."""

from __future__ import annotations

import click

from strongroom_cli.choices import (
    Choices,
    destructive_options,
    output_option,
    pass_choices,
    project_option,
)
from strongroom_cli.output import ALL_KINDS, JSON, note, write_json
from strongroom_cli.phrases import counted


@click.command(name="freeze")
@click.argument("typed", metavar="[PROJECT]", required=False)
@click.option("--reason", metavar="TEXT", required=True, help="The reason, shown in the audit log.")
@output_option(*ALL_KINDS)
@project_option
@destructive_options
@pass_choices
def command(choices: Choices, typed: str | None, reason: str) -> None:
    """Freeze a PROJECT: no machine can read its secrets until someone unfreezes it."""
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, facts, resolve_project  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        found = resolve_project(choices, admin, typed)
        reach = f"{counted(found.machines, 'machine')} will get an error for every read"
        if would(choices, f"freeze {found.address}; {reach}"):
            return
        confirm(choices, f"freeze {found.address}", f"{reach.capitalize()}.")
        made = admin.freeze_project(found.id, reason)
    if choices.output == JSON:
        write_json({"address": made.address, **facts(made)})
    note(choices, f"froze {found.address}; see `strongroom open {found.address}`")
