"""`strongroom projects`: lists and creates projects, as the person who is signed in."""

from __future__ import annotations

import click

from strongroom_cli.choices import (
    Choices,
    changing_options,
    output_option,
    pass_choices,
    person_options,
)
from strongroom_cli.groups import Group
from strongroom_cli.output import ALL_KINDS, JSON, note, write_json, write_rows

_MEANT = {
    "ls": "list",
    "show": "list",
    "get": "list",
    "add": "create",
    "new": "create",
    "folders": "list",
    "freeze": "run `strongroom freeze`",
    "unfreeze": "run `strongroom unfreeze`",
}


@click.group(name="projects", cls=Group, meant=_MEANT, invoke_without_command=True)
@output_option(*ALL_KINDS)
@person_options
@click.pass_context
def command(ctx: click.Context) -> None:
    """List and create projects, as the person who is signed in."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_)


@command.command(name="list")
@click.option("-s", "--search", metavar="TEXT", help="Only projects with this text in their name.")
@output_option(*ALL_KINDS)
@person_options
@pass_choices
def list_(choices: Choices, search: str | None = None) -> None:
    """List the projects that you can see."""
    from strongroom_cli.person import acting, facts, moment  # noqa: PLC0415 -- see main

    with acting(choices) as admin:
        listed = sorted(
            admin.each(admin.list_projects, q=search), key=lambda project: project.address
        )
    if not listed:
        note(choices, "no projects")
    write_rows(
        choices,
        ("address", "id", "secrets", "machines", "last read", "state"),
        [
            (
                each.address,
                each.id,
                str(each.secrets),
                str(each.machines),
                moment(each.last_read_at),
                "-" if each.frozen_at is None else "frozen",
            )
            for each in listed
        ],
        [{"address": each.address, **facts(each)} for each in listed],
    )


@command.command()
@click.argument("path", metavar="[APPLICATION/]NAME")
@click.option("--environment", metavar="TEXT", help="Environment label, such as production.")
@output_option(*ALL_KINDS)
@changing_options
@pass_choices
def create(choices: Choices, path: str, environment: str | None) -> None:
    """Create a project, in an existing application or standalone."""
    from strongroom_cli.consent import would  # noqa: PLC0415 -- see main
    from strongroom_cli.failures import NOT_FOUND, Failure  # noqa: PLC0415 -- the same
    from strongroom_cli.person import acting, facts  # noqa: PLC0415 -- the same

    application, _, name = path.rpartition("/")
    with acting(choices) as admin:
        inside = None
        if application:
            listed = admin.each(admin.list_applications, q=application)
            inside = next((each for each in listed if each.name == application), None)
            if inside is None:
                raise Failure(
                    f"no application has the name {application}",
                    "see `strongroom projects`",
                    exit_code=NOT_FOUND,
                )
        if would(choices, f"create the project {path}"):
            return
        made = admin.create_project(
            name,
            application_id=None if inside is None else inside.id,
            environment=environment,
        )
    if choices.output == JSON:
        write_json({"address": made.address, **facts(made)})
    note(choices, f"created {made.address} ({made.id})")
