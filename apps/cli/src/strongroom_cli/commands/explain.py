"""`strongroom explain`: explains whether this machine can read a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, output_option, pass_choices, reading_options
from strongroom_cli.failures import DENIED, NOT_FOUND, SEALED_OR_FROZEN, UNAVAILABLE
from strongroom_cli.output import JSON, kind_of, write_json, write_line

if TYPE_CHECKING:
    from strongroom import ReadExplanation

_EXIT_CODES = {
    "frozen": SEALED_OR_FROZEN,
    "not_found": NOT_FOUND,
    "policy_rate": UNAVAILABLE,
    "policy_ttl": NOT_FOUND,
}
"""The exit codes of `get` for the same reasons, other than a denial."""


@click.command(name="explain")
@click.argument("address", metavar="PATH")
@output_option("plain", "json")
@reading_options
@pass_choices
def command(choices: Choices, address: str) -> None:
    """Explain whether this machine can read the secret at PATH now, without reading it.

    Shows each check, in order, and what would have to change. If this machine has no access to the
    secret, pass the secret's ID. Exits with 0 if the secret can be read, otherwise with the exit
    code of `get`.
    """
    from strongroom_cli.addresses import resolve_secret  # noqa: PLC0415 -- not needed at startup
    from strongroom_cli.connection import connected  # noqa: PLC0415 -- the same
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    settings = settle(choices)
    with connected(choices, settings, cached=False) as client:
        found = resolve_secret(client, address, settings.project)
        explained = client.explain(found.id)
    if kind_of(choices) == JSON:
        write_json(_object(found.id, explained))
    else:
        for line in _lines(found.label, explained):
            write_line(line)
    if not explained.allowed:
        click.get_current_context().exit(_EXIT_CODES.get(explained.reason or "", DENIED))


def _lines(label: str, explained: ReadExplanation) -> list[str]:
    result = "can read" if explained.allowed else "can't read"
    lines = [f"this machine {result} {label}"]
    for step in explained.steps:
        mark = "✓" if step.passed else "✗"
        lines.append(f"{mark} {step.name}" + (f": {step.detail}" if step.detail else ""))
    lines += [f"to allow it: {each}" for each in explained.remedies]
    return [*lines, *([explained.note] if explained.note else [])]


def _object(secret: str, explained: ReadExplanation) -> dict[str, object]:
    return {
        "id": secret,
        "allowed": explained.allowed,
        "reason": explained.reason,
        "policy": explained.policy_name,
        "steps": [
            {"name": step.name, "passed": step.passed, "detail": step.detail}
            for step in explained.steps
        ],
        "remedies": list(explained.remedies),
        "note": explained.note,
    }
