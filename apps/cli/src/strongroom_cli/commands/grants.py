"""`strongroom grants`: lists and changes what machines can read, as the person who is signed in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
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
from strongroom_cli.failures import Failure
from strongroom_cli.groups import Group
from strongroom_cli.output import ALL_KINDS, note, write_rows
from strongroom_cli.phrases import counted, some_of

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
    """Let a MACHINE read the secrets at these paths, or with #FIELD one more field.

    Nothing that the machine can already read is taken away.
    """
    from strongroom.admin import AccessChange  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        found = admin.find_machine(machine)
        wanted = _wanted(choices, admin, secrets)
        readable = _readable(admin, found.id, {each.secret.project_id for each in wanted})
        for each in wanted:
            each.add(readable.get(each.secret.id, ()))
        changed = [each for each in wanted if each.access != readable.get(each.secret.id, ())]
        if not changed:
            told = some_of([each.label for each in wanted])
            note(choices, f"{found.name} can already read {told}; nothing was changed")
            return
        told = some_of([each.label for each in changed])
        if would(choices, f"let {found.name} read {told}"):
            return
        confirm(choices, f"let {found.name} read {told}")
        # Someone can have revoked access while the question was open.
        if _readable(admin, found.id, {each.secret.project_id for each in wanted}) != readable:
            raise Failure(
                f"what {found.name} can read has changed meanwhile; nothing was changed",
                "run the command again",
            )
        changes: dict[str, list[AccessChange]] = {}
        for each in changed:
            access = "all" if each.access is None else each.access
            change = AccessChange(found.id, each.secret.id, access)
            changes.setdefault(each.secret.project_id, []).append(change)
        for project, inside in changes.items():
            admin.update_grants(project, inside)
    note(choices, f"{found.name} can now read {told}")


@command.command()
@click.argument("machine")
@click.argument("secrets", metavar="PATH…", nargs=-1, required=True)
@project_option
@destructive_options
@pass_choices
def take(choices: Choices, machine: str, secrets: tuple[str, ...]) -> None:
    """Stop a MACHINE from reading the secrets at these paths."""
    from strongroom.admin import AccessChange  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.consent import confirm, would  # noqa: PLC0415 -- see main
    from strongroom_cli.person import acting, find_place  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        found = admin.find_machine(machine)
        wanted = [find_place(choices, admin, each).required_whole() for each in secrets]
        projects = {each.id: each.project_id for each in wanted}
        what = f"stop {found.name} from reading {counted(len(projects), 'secret')}"
        if would(choices, what):
            return
        confirm(choices, what)
        changes: dict[str, list[AccessChange]] = {}
        for secret, project in projects.items():
            changes.setdefault(project, []).append(AccessChange(found.id, secret, "none"))
        done = [admin.update_grants(project, each) for project, each in changes.items()]
    note(choices, f"removed {counted(sum(each.taken for each in done), 'grant')} of {found.name}")


@dataclass(slots=True)
class _Wanted:
    """A secret that a machine can read afterwards: its whole value (None), or some fields."""

    address: str
    secret: Secret
    access: tuple[str, ...] | None

    def add(self, more: tuple[str, ...] | None) -> None:
        """Add fields, in the secret's order, or the whole value."""
        if self.access is None or more is None:
            self.access = None
        else:
            both = {*self.access, *more}
            self.access = tuple(each for each in self.secret.field_names if each in both)

    @property
    def label(self) -> str:
        """The secret, and the fields if it isn't all of it."""
        return self.address if self.access is None else f"{self.address} ({', '.join(self.access)})"


def _wanted(choices: Choices, admin: Admin, typed: tuple[str, ...]) -> list[_Wanted]:
    """Return each secret once, with everything that was typed for it."""
    from strongroom_cli.person import find_place  # noqa: PLC0415 -- see main

    wanted: dict[str, _Wanted] = {}
    for each in typed:
        place = find_place(choices, admin, each)
        secret = place.required()
        access = None if place.field is None else (place.required_field(),)
        if secret.id in wanted:
            wanted[secret.id].add(access)
        else:
            wanted[secret.id] = _Wanted(place.address, secret, access)
    return list(wanted.values())


def _readable(admin: Admin, machine: str, projects: set[str]) -> dict[str, tuple[str, ...] | None]:
    """Return what a machine can read in these projects, by the secret's ID; None is the whole secret."""
    from strongroom import NotFound  # noqa: PLC0415 -- already loaded

    found: dict[str, tuple[str, ...] | None] = {}
    for project in projects:
        with suppress(NotFound):  # The machine isn't attached yet; giving attaches it.
            found |= {each.secret_id: each.fields for each in admin.list_grants(project, machine)}
    return found
