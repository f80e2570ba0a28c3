"""`strongroom run`: a program with a project's secrets in its environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, pass_choices, reading_options
from strongroom_cli.exits import OK
from strongroom_cli.output import note, write
from strongroom_cli.selection import rules_of, selection_options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom import Strongroom
    from strongroom_cli.addresses import ChosenProject
    from strongroom_cli.variables import Rules, Variable


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
    from strongroom_cli.program import become, find_program  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    rules: Rules = rules_of(**selection)  # pyright: ignore[reportArgumentType]
    if not program and not dry_run:
        raise click.UsageError("say what to run, after --")
    if watch and choices.offline:
        raise click.UsageError("--watch asks the server, which --offline forbids")
    path = find_program(program[0]) if not dry_run else ""
    settings = settle(choices)
    inherited = {} if no_inherit_env else dict(os.environ)
    with connected(choices, settings) as client:
        project = resolve_project(client, settings.project)
        if dry_run:
            _print_names(client, project, rules)
            return OK
        source = _Source(choices, client, project, rules, inherited, preserve=preserve_env)
        environment = source.environment()
        if watch:
            return source.supervise(path, program, environment, interval)
    return become(path, program, environment)


class _Source:
    """Where the environment comes from, again and again."""

    def __init__(
        self,
        choices: Choices,
        client: Strongroom,
        project: ChosenProject,
        rules: Rules,
        inherited: dict[str, str],
        *,
        preserve: bool,
    ) -> None:
        self._choices = choices
        self._client = client
        self._project = project
        self._rules = rules
        self._inherited = inherited
        self._preserve = preserve
        self._ids: list[str] = []
        self._names: dict[str, str] = {}

    def environment(self) -> dict[str, str]:
        """Read the secrets and return the whole environment. Raises `Failure`."""
        from strongroom_cli.connection import note_age  # noqa: PLC0415 -- loaded already
        from strongroom_cli.variables import (  # noqa: PLC0415 -- loaded already
            make_variables,
            require_no_nul,
        )

        exported = self._client.export(self._project.id)
        note_age(self._choices, [each.value for each in exported])
        if not exported:
            note(self._choices, f"this machine was granted no secret of {self._project.label}")
        variables = make_variables(exported, self._rules)
        require_no_nul(variables)
        self._names = {each.id: each.name for each in exported}
        self._ids = list(dict.fromkeys(each.source.id for each in variables))
        return self._joined(variables)

    def supervise(
        self, path: str, program: Sequence[str], environment: dict[str, str], interval: float
    ) -> int:
        """Run the program as a child, restarted on changes; return its code. Raises `Failure`."""
        from strongroom_cli.supervisor import Program, Supervisor  # noqa: PLC0415 -- only to watch
        from strongroom_cli.watching import watch_beside  # noqa: PLC0415 -- the same

        present = environment

        def renew() -> dict[str, str] | None:
            nonlocal present
            renewed = self._renewed()
            if renewed is None or renewed == present:
                return None
            present = renewed
            note(self._choices, f"restarting {program[0]} with the changed secrets")
            return renewed

        supervisor = Supervisor(Program(path, program), renew)
        if self._ids:
            watch_beside(
                self._choices, self._client, self._ids, self._names, interval, supervisor.changed
            )
        return supervisor.run(environment)

    def _renewed(self) -> dict[str, str] | None:
        """Return the environment as it is now; or say why not and return None: the program goes on."""
        from strongroom import StrongroomError  # noqa: PLC0415 -- loaded already
        from strongroom_cli.exits import Failure  # noqa: PLC0415 -- loaded already
        from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- loaded already
        from strongroom_cli.output import complain  # noqa: PLC0415 -- loaded already

        try:
            return self.environment()
        except (StrongroomError, Failure) as error:
            failure = error if isinstance(error, Failure) else failure_of(error)
            complain(f"{failure.message}; the program goes on as it is", failure.hint)
            return None

    def _joined(self, variables: Sequence[Variable]) -> dict[str, str]:
        ours = {each.name: each.value for each in variables}
        return {**ours, **self._inherited} if self._preserve else {**self._inherited, **ours}


def _print_names(client: Strongroom, project: ChosenProject, rules: Rules) -> None:
    from strongroom_cli.variables import name_variables  # noqa: PLC0415 -- see main

    names = name_variables(client.list_secrets(project.id), rules)
    write("".join(f"{name}\n" for name in names))
