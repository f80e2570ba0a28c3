"""`strongroom grants`: lists and changes what machines can read, as the person who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import (
    Choices,
    destructive_options,
    output_option,
    pass_choices,
    person_options,
    project_option,
)
from strongroom_cli.groups import Group
from strongroom_cli.output import ALL_KINDS, note, write_rows
from strongroom_cli.phrases import counted

if TYPE_CHECKING:
    from strongroom.admin import Admin, Secret

_MEANT = {
    "ls": "list",
    "show": "list",
    "add": "give",
    "create": "give",
    "grant": "give",
    "set": "give",
    "rm": "take",
    "remove": "take",
    "revoke": "take",
    "delete": "take",
}


@click.group(name="grants", cls=Group, meant=_MEANT)
@person_options
def command() -> None:
    """List and change what machines can read, as the person who is signed in."""


@command.command(name="list")
@click.argument("machine")
@output_option(*ALL_KINDS)
@person_options
@pass_choices
def list_(choices: Choices, machine: str) -> None:
    """List what a MACHINE can read."""
    from strongroom_cli.person import acting, facts, moment  # noqa: PLC0415 -- see main

    with acting(choices) as admin:
        found = admin.find_machine(machine)
        listed = [
            ("/".join(filter(None, (each.application_name, each.project_name))), grant)
            for each in admin.list_projects_of_machine(found.id)
            for grant in admin.list_grants(each.project_id, found.id)
        ]
    listed.sort(key=lambda each: (each[0], each[1].secret_name))
    if not listed:
        note(choices, f"{found.name} can't read anything")
    write_rows(
        choices,
        ("secret", "fields", "granted", "by"),
        [
            (
                f"{place}/{grant.secret_name}",
                "all" if grant.fields is None else ", ".join(grant.fields),
                moment(grant.granted_at),
                grant.granted_by,
            )
            for place, grant in listed
        ],
        [{"address": f"{place}/{grant.secret_name}", **facts(grant)} for place, grant in listed],
    )


@command.command()
@click.argument("machine")
@click.argument("secrets", metavar="PATH…", nargs=-1, required=True)
@project_option
@destructive_options
@pass_choices
def give(choices: Choices, machine: str, secrets: tuple[str, ...]) -> None:
    """Let a MACHINE read the secrets at these paths. #FIELD limits a grant to that field."""
    _change(choices, machine, secrets, give=True)


@command.command()
@click.argument("machine")
@click.argument("secrets", metavar="PATH…", nargs=-1, required=True)
@project_option
@destructive_options
@pass_choices
def take(choices: Choices, machine: str, secrets: tuple[str, ...]) -> None:
    """Stop a MACHINE from reading the secrets at these paths."""
    _change(choices, machine, secrets, give=False)


def _change(choices: Choices, machine: str, typed: tuple[str, ...], *, give: bool) -> None:
    from strongroom.admin import AccessChange  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        found = admin.find_machine(machine)
        wanted = _wanted(choices, admin, typed, give=give)
        count = counted(len(wanted), "secret")
        what = (
            f"let {found.name} read {count}" if give else f"stop {found.name} from reading {count}"
        )
        if would(choices, what):
            return
        confirm(choices, what)
        changes: dict[str, list[AccessChange]] = {}
        for secret, access in wanted.values():
            change = AccessChange(found.id, secret.id, access)
            changes.setdefault(secret.project_id, []).append(change)
        done = [admin.update_grants(project, each) for project, each in changes.items()]
    if give:
        note(
            choices,
            f"granted {counted(sum(each.given for each in done), 'secret')} to {found.name}",
        )
    else:
        taken = counted(sum(each.taken for each in done), "grant")
        note(choices, f"removed {taken} of {found.name}")


def _wanted(
    choices: Choices, admin: Admin, typed: tuple[str, ...], *, give: bool
) -> dict[str, tuple[Secret, str | list[str]]]:
    """Return each secret once, with the access that it gets."""
    from strongroom_cli.person import find_place  # noqa: PLC0415 -- see main

    wanted: dict[str, tuple[Secret, str | list[str]]] = {}
    for each in typed:
        place = find_place(choices, admin, each)
        if give and place.field is not None:
            secret = place.required()
            _, fields = wanted.get(secret.id, (secret, []))
            if isinstance(fields, list):
                wanted[secret.id] = (secret, [*fields, place.field])
        else:
            secret = place.required_whole()
            wanted[secret.id] = (secret, "all" if give else "none")
    return wanted
