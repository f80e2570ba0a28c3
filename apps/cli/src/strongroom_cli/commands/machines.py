"""`strongroom machines`: lists and approves machines, as the person who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import (
    Choices,
    destructive_options,
    output_option,
    pass_choices,
    person_options,
)
from strongroom_cli.failures import USAGE, Failure
from strongroom_cli.groups import Group
from strongroom_cli.output import (
    ALL_KINDS,
    JSON,
    can_ask,
    note,
    write_facts,
    write_json,
    write_rows,
)
from strongroom_cli.phrases import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from strongroom.admin import Admin, Machine

_MEANT = {
    "ls": "list",
    "get": "show",
    "info": "show",
    "describe": "show",
    "accept": "approve",
    "reject": "deny",
    "delete": "revoke",
    "rm": "revoke",
    "remove": "revoke",
    "add": "run `strongroom bootstrap` on the new machine",
    "create": "run `strongroom bootstrap` on the new machine",
    "register": "run `strongroom bootstrap` on the new machine",
    "grant": "run `strongroom grants give`",
}
_HEX = frozenset("0123456789abcdef")


@click.group(name="machines", cls=Group, meant=_MEANT, invoke_without_command=True)
@output_option(*ALL_KINDS)
@person_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """List, approve, disable and revoke machines, as the person who is signed in."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command(name="list")
@click.option(
    "-s", "--search", metavar="TEXT", help="Only machines with this text in name, host or address."
)
@click.option("--pending", is_flag=True, help="Only those that are pending approval.")
@output_option(*ALL_KINDS)
@person_options
@pass_choices
def list_(choices: Choices, search: str | None = None, *, pending: bool = False) -> None:
    """List machines, newest first."""
    from strongroom_cli.person import acting, facts, moment  # noqa: PLC0415 -- see main

    with acting(choices) as admin:
        wanted = {"pending": True} if pending else {}
        listed = list(admin.each(admin.list_machines, q=search, **wanted))
    if not listed:
        note(choices, "no machines" if not pending else "no machine is pending approval")
    write_rows(
        choices,
        ("name", "id", "state", "projects", "grants", "last seen"),
        [
            (
                each.name,
                each.id,
                each.state,
                str(each.projects),
                str(each.grants),
                moment(each.last_seen_at),
            )
            for each in listed
        ],
        [facts(each) for each in listed],
    )


@command.command()
@click.argument("machine")
@output_option(*ALL_KINDS)
@person_options
@pass_choices
def show(choices: Choices, machine: str) -> None:
    """Show one MACHINE, by name or ID, and the projects that it is attached to."""
    from strongroom_cli.person import acting, facts  # noqa: PLC0415 -- see main

    with acting(choices) as admin:
        found = admin.find_machine(machine)
        places = admin.list_projects_of_machine(found.id)
    attached = sorted(
        "/".join(filter(None, (each.application_name, each.project_name))) for each in places
    )
    write_facts(
        choices,
        {name.replace("_", " "): each for name, each in facts(found).items()}
        | {"attached to": attached},
    )


@command.command()
@click.argument("machine")
@click.option(
    "--fingerprint", metavar="HEX", help="Approve only if the machine's fingerprint is this one."
)
@output_option(*ALL_KINDS)
@destructive_options
@pass_choices
def approve(choices: Choices, machine: str, fingerprint: str | None) -> None:
    """Approve a pending MACHINE, after comparing its fingerprint.

    `strongroom bootstrap` and `strongroom whoami` show the fingerprint on the machine.
    """
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, facts  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        found = admin.find_machine(machine)
        if found.state != "pending":
            raise Failure(f"{found.name} is not pending approval: it is {found.state}")
        if fingerprint is not None:
            _require_same(fingerprint, found)
        elif choices.yes or not (choices.dry_run or can_ask()):
            # --yes alone would approve whatever key has registered under this name.
            raise Failure(
                "the fingerprint was not compared",
                "pass the fingerprint that the machine shows with --fingerprint",
                exit_code=USAGE,
            )
        if would(choices, f"approve {found.name}, whose fingerprint is {found.fingerprint}"):
            return
        if fingerprint is None:
            _introduce(found)
            confirm(choices, f"approve {found.name}", "The machine must show the same fingerprint.")
        made = admin.approve_machine(found.id)
    if choices.output == JSON:
        write_json(facts(made))
    note(choices, f"approved {made.name}; to let it read secrets, run `strongroom grants give`")


@command.command()
@click.argument("machine")
@destructive_options
@pass_choices
def deny(choices: Choices, machine: str) -> None:
    """Deny a pending MACHINE, which removes it."""
    _change(choices, machine, "deny", "denied", lambda admin, each: admin.deny_machine(each.id))


@command.command()
@click.argument("machine")
@destructive_options
@pass_choices
def disable(choices: Choices, machine: str) -> None:
    """Disable a MACHINE: its next request is denied."""
    _change(
        choices, machine, "disable", "disabled", lambda admin, each: admin.disable_machine(each.id)
    )


@command.command()
@click.argument("machine")
@destructive_options
@pass_choices
def enable(choices: Choices, machine: str) -> None:
    """Enable a disabled MACHINE again."""
    _change(
        choices, machine, "enable", "enabled", lambda admin, each: admin.enable_machine(each.id)
    )


@command.command()
@click.argument("machine")
@destructive_options
@pass_choices
def revoke(choices: Choices, machine: str) -> None:
    """Revoke a MACHINE: its key is never accepted again."""
    _change(
        choices, machine, "revoke", "revoked", lambda admin, each: admin.revoke_machine(each.id)
    )


def _change(
    choices: Choices,
    typed: str,
    verb: str,
    done: str,
    change: Callable[[Admin, Machine], object],
) -> None:
    """Change a machine after a confirmation that says what it has access to."""
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        found = admin.find_machine(typed)
        reach = (
            f"it can read {counted(found.grants, 'secret')} in {counted(found.projects, 'project')}"
        )
        if would(choices, f"{verb} {found.name}; {reach}"):
            return
        confirm(choices, f"{verb} {found.name}", f"{reach.capitalize()}.")
        change(admin, found)
    note(choices, f"{done} {found.name}")


def _introduce(machine: Machine) -> None:
    """Show on stderr which machine has registered; stdout is for data."""
    from strongroom_cli.escape import escape  # noqa: PLC0415 -- see main

    where = f"{machine.registered_from}{f' ({machine.country})' if machine.country else ''}"
    lines = [
        f"name:        {machine.name}",
        f"host:        {machine.hostname}",
        f"address:     {where}",
        f"fingerprint: {machine.fingerprint}",
    ]
    if machine.same_name:
        lines.append(f"note:        {counted(machine.same_name, 'other machine')} with this name")
    click.echo("\n".join(map(escape, lines)), err=True)


def _require_same(typed: str, machine: Machine) -> None:
    wanted = "".join(typed.split()).replace(":", "").lower()
    if not wanted or not set(wanted) <= _HEX:
        raise Failure(
            "not a fingerprint",
            "a fingerprint has 64 hexadecimal digits; spaces don't matter",
            exit_code=USAGE,
        )
    if wanted != machine.fingerprint.replace(" ", ""):
        raise Failure(
            f"the fingerprint of {machine.name} is different: {machine.fingerprint}",
            "do not approve it, unless you mistyped: another machine may have registered in its place",
        )
