"""`strongroom run`: runs a program with a project's secrets in its environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import (
    Choices,
    pass_choices,
    reading_options,
    rules_of,
    selection_options,
)
from strongroom_cli.failures import OK, USAGE, Failure
from strongroom_cli.output import write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom import Strongroom
    from strongroom_cli.addresses import ChosenProject
    from strongroom_cli.variables import Rules


# Options end where the program begins; everything after that belongs to the program.
@click.command(name="run", context_settings={"allow_interspersed_args": False})
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="-- PROGRAM [ARGUMENTS]…")
@click.option("--watch", is_flag=True, help="Restart the program when a secret changes.")
@click.option(
    "--interval",
    type=click.FloatRange(1, 3600),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="Poll interval for --watch.",
)
@click.option("--no-inherit-env", is_flag=True, help="Don't pass on the current environment.")
@click.option("--preserve-env", is_flag=True, help="Keep existing variables.")
@click.option("--dry-run", is_flag=True, help="Print variable names; don't read or run anything.")
@selection_options
@reading_options
@pass_choices
def command(
    choices: Choices,
    program: tuple[str, ...],
    *,
    watch: bool,
    interval: float,
    no_inherit_env: bool,
    preserve_env: bool,
    dry_run: bool,
    **selection: tuple[str, ...],
) -> int:
    """Run PROGRAM with the project's secrets in its environment.

    A secret becomes a variable named after it in upper case; other characters become _. Each field
    of a structured secret becomes NAME_FIELD. Secrets override existing variables. Exits with the
    program's exit code: 128 + n if signal n ended it, 127 if it wasn't found, 126 if it can't be
    run.

    Without --watch, this process is replaced by the program.

    On a computer that isn't registered, where you signed in with `strongroom login`, this command offers to
    register it. You then choose in the browser what it can read.
    """
    from strongroom_cli.addresses import resolve_project  # noqa: PLC0415 -- see main
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.environment_source import EnvironmentSource  # noqa: PLC0415 -- the same
    from strongroom_cli.joining import offer_machine  # noqa: PLC0415 -- the same
    from strongroom_cli.program import become, find_program  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    rules: Rules = rules_of(**selection)  # pyright: ignore[reportArgumentType]
    if not program and not dry_run:
        raise click.UsageError("missing command after --")
    if watch and choices.offline:
        raise click.UsageError("--watch needs the server and can't be used with --offline")
    path = find_program(program[0]) if not dry_run else ""
    settings = settle(choices)
    if not settings.project and _names_project(program):
        raise Failure(
            "no project selected",
            f"put options before the program: strongroom run --project … -- {program[0]}",
            exit_code=USAGE,
        )
    inherited = {} if no_inherit_env else dict(os.environ)
    if not choices.offline and not dry_run:
        offer_machine(choices, settings)
    with connected(choices, settings) as client:
        project = resolve_project(client, settings.project)
        if dry_run:
            _print_names(client, project, rules)
            return OK
        source = EnvironmentSource(
            choices, client, project, rules, inherited, preserve=preserve_env
        )
        environment = source.environment()
        if watch:
            return source.supervise(path, program, environment, interval)
    return become(path, program, environment)


def _names_project(program: Sequence[str]) -> bool:
    """Whether the missing option comes after the program's name, where it belongs to the program."""
    return any(each in ("-p", "--project") or each.startswith("--project=") for each in program[1:])


def _print_names(client: Strongroom, project: ChosenProject, rules: Rules) -> None:
    from strongroom_cli.variables import name_variables  # noqa: PLC0415 -- see main

    names = name_variables(client.list_secrets(project.id), rules)
    write("".join(f"{name}\n" for name in names))
