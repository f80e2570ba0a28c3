"""`strongroom doctor`: checks everything needed to read a secret."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from strongroom_cli.choices import Choices, output_option, pass_choices, reading_options
from strongroom_cli.escape import escape
from strongroom_cli.failures import FAILURE, OK, Failure
from strongroom_cli.output import JSON, in_color, kind_of, write, write_json

if TYPE_CHECKING:
    from strongroom_cli.settings import Setting, Settings

_COLORS = {"ok": "32", "problem": "31", "skipped": "2"}


@click.command(name="doctor")
@output_option("plain", "json")
@reading_options
@pass_choices
def command(choices: Choices) -> int:
    """Check identity, permissions, server, clock, signature, project and cache.

    Prints the findings, a hint for each problem, and the settings in effect with their sources.
    Exits with 0 if there is no problem, otherwise 1.
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
        lines.append(f"{_painted(finding.state)} {finding.check:<12} {escape(finding.detail)}\n")
        if finding.hint:
            lines.append(f"         hint: {escape(finding.hint)}\n")
    lines.append("\n")
    for name, setting in named.items():
        lines.append(f"{name:<14} {escape(setting.value or '-')}  ({escape(setting.source)})\n")
    write("".join(lines))
    return OK if examination.healthy else FAILURE


def _as_data(settings: Settings, setting: Setting) -> str | float | bool | None:
    """Return a setting as a boolean, a number of seconds, or a string."""
    from strongroom_cli.settings import seconds_of  # noqa: PLC0415 -- already loaded

    if setting is settings.offline_cache:
        return bool(setting)
    if setting is settings.cache_max_age and setting.value is not None:
        with suppress(Failure):
            return seconds_of(setting.value)
    return setting.value


def _painted(state: str) -> str:
    padded = f"{state:<8}"
    return f"\033[{_COLORS[state]}m{padded}\033[0m" if in_color() else padded
