"""`strongroom audit`: shows the audit log, as the person who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from strongroom_cli.choices import (
    Choices,
    output_option,
    pass_choices,
    person_options,
    project_option,
)
from strongroom_cli.groups import Group
from strongroom_cli.output import (
    ALL_KINDS,
    JSON,
    at_terminal,
    note,
    write_cells,
    write_json_line,
    write_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from strongroom.admin import Admin, Entry

_MEANT = {
    "ls": "list",
    "log": "list",
    "logs": "list",
    "show": "list",
    "follow": "tail",
    "watch": "tail",
    "stream": "tail",
}
_COLUMNS = ("time", "severity", "action", "actor", "target", "address", "outcome")
_FILTERS = (
    click.option("--action", metavar="A,B", help="Only these actions."),
    click.option("--actor", metavar="ID", help="Only actions by this person or machine."),
    click.option("--machine", metavar="NAME", help="Only events about this machine."),
)


def _filters(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(_FILTERS):
        command = option(command)
    return command


@click.group(name="audit", cls=Group, meant=_MEANT)
@person_options
def command() -> None:
    """Show the audit log: everything, or only your own events, depending on your role."""


@command.command(name="list")
@click.option("-n", "--last", type=click.IntRange(1, 10_000), default=20, help="How many events.")
@_filters
@output_option(*ALL_KINDS)
@project_option
@person_options
@pass_choices
def list_(
    choices: Choices, last: int, action: str | None, actor: str | None, machine: str | None
) -> None:
    """List the last events, oldest first."""
    from itertools import islice  # noqa: PLC0415 -- see main

    from strongroom_cli.person import acting, facts  # noqa: PLC0415 -- the same

    with acting(choices) as admin:
        wanted = _wanted(choices, admin, action, actor, machine)
        listed = list(islice(admin.each(admin.list_entries, limit=min(last, 200), **wanted), last))
    listed.reverse()
    write_rows(
        choices, _COLUMNS, [_cells(each) for each in listed], [facts(each) for each in listed]
    )


@command.command()
@click.option(
    "-n", "--last", type=click.IntRange(0, 200), default=10, help="Earlier events to show first."
)
@_filters
@output_option("json", "plain")
@project_option
@person_options
@pass_choices
def tail(
    choices: Choices, last: int, action: str | None, actor: str | None, machine: str | None
) -> None:
    """Show new events as they happen, until you press Ctrl+C. With -f json, one object per line."""
    from strongroom_cli.person import acting, facts  # noqa: PLC0415 -- see main

    with acting(choices) as admin:
        wanted = _wanted(choices, admin, action, actor, machine)
        if at_terminal():
            note(choices, "showing new events; press Ctrl+C to stop")
        for entry in admin.watch_entries(last=last, **wanted):
            if choices.output == JSON:
                write_json_line(facts(entry))
            else:
                write_cells(_cells(entry))


def _wanted(
    choices: Choices, admin: Admin, action: str | None, actor: str | None, machine: str | None
) -> dict[str, Any]:
    """Return the filters, with names resolved to IDs. The project file doesn't narrow the audit log."""
    from strongroom_cli.person import find_project  # noqa: PLC0415 -- see main

    project = choices.project
    return {
        "action": action,
        "actor": actor,
        "machine": None if machine is None else admin.find_machine(machine).id,
        "project": None if project is None else find_project(admin, project).id,
    }


def _cells(entry: Entry) -> tuple[str, ...]:
    from strongroom_cli.person import moment  # noqa: PLC0415 -- see main

    place = (entry.application_name, entry.project_name)
    if entry.target_kind == "project":
        place = (entry.application_name,)
    target = "/".join(filter(None, (*place, entry.target_name)))
    outcome = entry.outcome if entry.reason is None else f"{entry.outcome}: {entry.reason}"
    return (
        moment(entry.at),
        entry.severity,
        entry.action,
        entry.actor_name,
        target or "-",
        entry.address,
        outcome,
    )
