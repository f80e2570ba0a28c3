"""Asks before a change that can't easily be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom_cli.escape import escape
from strongroom_cli.failures import USAGE, Failure
from strongroom_cli.output import can_ask, note

if TYPE_CHECKING:
    from strongroom_cli.choices import Choices


def would(choices: Choices, what: str) -> bool:
    """Return whether this is a dry run, which is then described in the given words."""
    if choices.dry_run:
        note(choices, f"would {what}; nothing was changed (--dry-run)")
    return choices.dry_run


def confirm(choices: Choices, what: str, consequence: str = "") -> None:
    """Ask whether to go on, unless --yes was given. Raises `Failure` if not, or if nobody can be asked."""
    if choices.yes:
        return
    question = f"{what}?{f' {consequence}' if consequence else ''}"
    if not can_ask():
        raise Failure(
            f"{what}: this needs confirmation, but there is no terminal to ask in",
            "pass --yes",
            exit_code=USAGE,
        )
    if not click.confirm(escape(question), err=True):
        raise Failure("nothing was changed")
