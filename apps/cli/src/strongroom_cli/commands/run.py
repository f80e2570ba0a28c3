"""`strongroom run`: a program with a project's secrets in its environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, pass_choices, reading_options
from strongroom_cli.exits import OK, USAGE, Failure
from strongroom_cli.output import write
from strongroom_cli.selection import rules_of, selection_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom import Strongroom
    from strongroom_cli.addresses import ChosenProject
    from strongroom_cli.variables import Rules


# Options end where the program begins: what follows is its own.
@click.command(name="run", context_settings={"allow_interspersed_args": False})
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="-- PROGRAM [ARGUMENTS]…")
@click.option("--watch", is_flag=True, help="Restart the program when a secret changes.")
@click.option(
    "--interval",
    type=click.FloatRange(1, 3600),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="How often --watch asks.",
)
@click.option("--no-inherit-env", is_flag=True, help="Give the program the secrets only.")
@click.option("--preserve-env", is_flag=True, help="Variables that are set already win.")
@click.option("--dry-run", is_flag=True, help="Print the variables' names; read and run nothing.")
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

    A secret becomes a variable of its name in upper case, with _ for what is none of A–Z, 0–9 and _;
    each field of a structured one becomes NAME_FIELD. Secrets win over variables that are set
    already. Returns what the program returns: 128 + n when signal n ended it, 127 when there is no
    such program, 126 when it cannot be run.

    Without --watch this process becomes the program.
    """
    from strongroom_cli.addresses import resolve_project  # noqa: PLC0415 -- see main
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.environment_source import EnvironmentSource  # noqa: PLC0415 -- the same
    from strongroom_cli.program import become, find_program  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    rules: Rules = rules_of(**selection)  # pyright: ignore[reportArgumentType]
    if not program and not dry_run:
        raise click.UsageError("say what to run, after --")
    if watch and choices.offline:
        raise click.UsageError("--watch asks the server, which --offline forbids")
    path = find_program(program[0]) if not dry_run else ""
    settings = settle(choices)
    if not settings.project and _names_project(program):
        raise Failure(
            f"no project is chosen: what follows {program[0]} is its own",
            f"options go before the program: strongroom run --project … -- {program[0]}",
            exit_code=USAGE,
        )
    inherited = {} if no_inherit_env else dict(os.environ)
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
    """Whether the option that is missed stands where it is the program's."""
    return any(each in ("-p", "--project") or each.startswith("--project=") for each in program[1:])


def _print_names(client: Strongroom, project: ChosenProject, rules: Rules) -> None:
    from strongroom_cli.variables import name_variables  # noqa: PLC0415 -- see main

    names = name_variables(client.list_secrets(project.id), rules)
    write("".join(f"{name}\n" for name in names))
