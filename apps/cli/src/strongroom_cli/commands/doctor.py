"""`strongroom doctor`: check everything that reading a secret needs."""

from __future__ import annotations

import dataclasses

import click

from strongroom_cli.choices import Choices, output_option, pass_choices, reading_options
from strongroom_cli.exits import FAILURE, OK
from strongroom_cli.output import JSON, in_colour, kind_of, write, write_json

_COLOURS = {"ok": "32", "problem": "31", "skipped": "2"}


@click.command(name="doctor")
@output_option("plain", "json")
@reading_options
@pass_choices
def command(choices: Choices) -> int:
    """Check identity, permissions, server, clock, signature, project and cache.

    Prints what it found, a hint for each problem, and the settings in effect with where each comes
    from. Exits with 0 when there is no problem and 1 otherwise.
    """
    from strongroom_cli.checks import Examination  # noqa: PLC0415 -- see main
    from strongroom_cli.settings import settle  # noqa: PLC0415 -- the same

    settings = settle(choices)
    examination = Examination(choices, settings)
    examination.run()
    named = settings.named()
    if kind_of(choices) == JSON:
        write_json(
            {
                "healthy": examination.healthy,
                "findings": [dataclasses.asdict(each) for each in examination.findings],
                "settings": {
                    name: {"value": each.value, "source": each.source}
                    for name, each in named.items()
                },
            }
        )
        return OK if examination.healthy else FAILURE
    lines: list[str] = []
    for finding in examination.findings:
        lines.append(f"{_painted(finding.state)} {finding.check:<12} {finding.detail}\n")
        if finding.hint:
            lines.append(f"         hint: {finding.hint}\n")
    lines.append("\n")
    for name, setting in named.items():
        lines.append(f"{name:<14} {setting.value or '-'}  ({setting.source})\n")
    write("".join(lines))
    return OK if examination.healthy else FAILURE


def _painted(state: str) -> str:
    padded = f"{state:<8}"
    return f"\033[{_COLOURS[state]}m{padded}\033[0m" if in_colour() else padded
