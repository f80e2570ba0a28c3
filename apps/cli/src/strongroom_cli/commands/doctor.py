"""`strongroom doctor`: check everything that reading a secret needs."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, output_option, pass_choices, reading_options
from strongroom_cli.exits import FAILURE, OK, Failure
from strongroom_cli.output import JSON, in_colour, kind_of, write, write_json
from strongroom_cli.shown import shown

if TYPE_CHECKING:
    from strongroom_cli.settings import Setting, Settings

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
                "findings": [
                    {**dataclasses.asdict(each), "hint": each.hint or None}
                    for each in examination.findings
                ],
                "settings": {
                    name.replace(" ", "_"): {
                        "value": _as_data(settings, each),
                        "source": each.source,
                    }
                    for name, each in named.items()
                },
            }
        )
        return OK if examination.healthy else FAILURE
    lines: list[str] = []
    for finding in examination.findings:
        lines.append(f"{_painted(finding.state)} {finding.check:<12} {shown(finding.detail)}\n")
        if finding.hint:
            lines.append(f"         hint: {shown(finding.hint)}\n")
    lines.append("\n")
    for name, setting in named.items():
        lines.append(f"{name:<14} {shown(setting.value or '-')}  ({shown(setting.source)})\n")
    write("".join(lines))
    return OK if examination.healthy else FAILURE


def _as_data(settings: Settings, setting: Setting) -> str | float | bool | None:
    """Return a setting as what it is: a switch, a number of seconds, or a text."""
    from strongroom_cli.settings import seconds_of  # noqa: PLC0415 -- loaded already

    if setting is settings.offline_cache:
        return bool(setting)
    if setting is settings.cache_max_age and setting.value is not None:
        with suppress(Failure):
            return seconds_of(setting.value)
    return setting.value


def _painted(state: str) -> str:
    padded = f"{state:<8}"
    return f"\033[{_COLOURS[state]}m{padded}\033[0m" if in_colour() else padded
