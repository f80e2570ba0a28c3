"""`strongroom profiles`: lists the vaults that this user is signed in to, and chooses the default one."""

from __future__ import annotations

import click

from strongroom_cli.choices import Choices, common_options, output_option, pass_choices
from strongroom_cli.groups import Group
from strongroom_cli.output import ALL_KINDS, note, write_rows

_MEANT = {
    "ls": "list",
    "show": "list",
    "select": "use",
    "switch": "use",
    "set": "use",
    "add": "run `strongroom login`",
    "create": "run `strongroom login`",
    "new": "run `strongroom login`",
    "delete": "run `strongroom logout --profile NAME`",
    "remove": "run `strongroom logout --profile NAME`",
    "rm": "run `strongroom logout --profile NAME`",
}


@click.group(name="profiles", cls=Group, meant=_MEANT, invoke_without_command=True)
@output_option(*ALL_KINDS)
@common_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """List the vaults that you are signed in to, and choose the default one.

    Every command that acts as you accepts --profile, and respects STRONGROOM_PROFILE.
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command(name="list")
@output_option(*ALL_KINDS)
@common_options
@pass_choices
def list_(choices: Choices) -> None:
    """List profiles, without contacting their servers."""
    from strongroom.admin import Profile  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.person import facts, moment  # noqa: PLC0415 -- see main

    listed = list(Profile.list())
    if not listed:
        note(choices, "not signed in; run `strongroom login`")
    write_rows(
        choices,
        ("profile", "default", "user", "vault", "server", "until"),
        [
            (
                each.name,
                "yes" if each.is_selected else "-",
                each.username or "-",
                each.vault_name or each.vault_id,
                each.server,
                moment(each.expires_at),
            )
            for each in listed
        ],
        [{**facts(each), "default": each.is_selected} for each in listed],
    )


@command.command()
@click.argument("profile")
@common_options
@pass_choices
def use(choices: Choices, profile: str) -> None:
    """Use this PROFILE by default."""
    from strongroom.admin import Profile  # noqa: PLC0415 -- not needed at startup

    choices.as_person = True
    found = Profile.find(profile)
    found.select()
    note(choices, f"using {found.name} by default: {found.vault_name or found.vault_id}")
