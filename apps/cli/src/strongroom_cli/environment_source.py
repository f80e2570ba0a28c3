"""Builds the environment for `run`, and rebuilds it on each change with `--watch`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from strongroom_cli.failures import Failure
from strongroom_cli.output import note

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from strongroom import ExportedSecret, Strongroom
    from strongroom_cli.addresses import ChosenProject
    from strongroom_cli.choices import Choices
    from strongroom_cli.variables import Rules, Variable

LONGEST_RETRY = 300.0
"""In seconds. A project that stays frozen is rarely polled, because the audit log records each denial."""


class EnvironmentSource:
    """A project's secrets as variables, merged with the existing environment."""

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
        self._versions: dict[str, int | None] = {}
        self._names: dict[str, str] = {}

    def environment(self) -> dict[str, str]:
        """Read the secrets and return the full environment. Raises `Failure`."""
        return self._environment(self._client.export(self._project.id))

    def supervise(
        self, path: str, program: Sequence[str], environment: dict[str, str], interval: float
    ) -> int:
        """Run the program as a child, restart it on changes, and return its exit code. Raises `Failure`.

        `interval` is in seconds. It is both the poll interval and the first delay before retrying a change
        that couldn't be read.
        """
        from strongroom_cli.supervisor import Program, Supervisor  # noqa: PLC0415 -- only to watch
        from strongroom_cli.watching import watch_in_background  # noqa: PLC0415 -- the same

        present, wait = environment, interval

        def renew() -> dict[str, str] | None:
            nonlocal present, wait
            renewed, again = self._renewed(first=wait == interval)
            if again:
                # A change is reported once, so remember it until it has been read.
                _later(wait, supervisor.changed)
                wait = min(2 * wait, max(interval, LONGEST_RETRY))
                return None
            wait = interval
            if renewed is None or renewed == present:
                return None
            present = renewed
            note(self._choices, f"restarting {program[0]} with the changed secrets")
            return renewed

        supervisor = Supervisor(Program(path, program), renew)
        if self._versions:
            watch_in_background(
                self._choices,
                self._client,
                dict(self._versions),
                self._names,
                interval,
                supervisor.changed,
            )
        return supervisor.run(environment)

    def _environment(self, exported: Sequence[ExportedSecret]) -> dict[str, str]:
        from strongroom_cli.connection import (  # noqa: PLC0415 -- already loaded
            note_age,
            note_left_out,
        )
        from strongroom_cli.variables import (  # noqa: PLC0415 -- already loaded
            make_variables,
            require_no_nul,
        )

        note_age(self._choices, [each.value for each in exported])
        if not exported:
            note(self._choices, f"no access to any secret in {self._project.label}")
        note_left_out(self._choices, self._client, self._project.id, exported, self._rules)
        variables = make_variables(exported, self._rules)
        require_no_nul(variables)
        used = {each.source.id for each in variables}
        self._names.update({each.id: each.name for each in exported})
        self._versions = {each.id: each.version for each in exported if each.id in used}
        return self._joined(variables)

    def _renewed(self, *, first: bool) -> tuple[dict[str, str] | None, bool]:
        """Return the new environment, and whether to retry because something couldn't be read.

        If the new environment can't be read, the program keeps running, and this is reported the `first`
        time.
        """
        from strongroom import (  # noqa: PLC0415 -- already loaded
            AuthenticationFailed,
            NotFound,
            StrongroomError,
            TooLarge,
        )
        from strongroom_cli.failures import failure_of  # noqa: PLC0415 -- already loaded
        from strongroom_cli.output import complain  # noqa: PLC0415 -- already loaded

        try:
            exported = self._client.export(self._project.id)
            if not any(each.value.offline is not None for each in exported):
                return self._environment(exported), False
            # The cache contains only the values that the program already has, not the change.
            failure, again = Failure("the server is unreachable"), True
        except Failure as refused:
            failure, again = refused, False
        except StrongroomError as error:
            # Retrying after a denial would lock out this machine's IP address. For a secret that is
            # missing or too large, the watch reports when that changes.
            final = isinstance(error, AuthenticationFailed) and error.lasting
            again = not final and not isinstance(error, NotFound | TooLarge)
            failure = failure_of(error)
        if first or not again:
            complain(f"{failure.message}; the program keeps running", failure.hint)
        return None, again

    def _joined(self, variables: Sequence[Variable]) -> dict[str, str]:
        ours = {each.name: each.value for each in variables}
        return {**ours, **self._inherited} if self._preserve else {**self._inherited, **ours}


def _later(seconds: float, call: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, call)
    timer.daemon = True
    timer.start()
