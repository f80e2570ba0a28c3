"""`strongroom-server doctor`: diagnoses an installation. Read-only."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click
import msgspec
from rich.console import Console
from rich.text import Text

from strongroom_core.doctor.examine import examine_named
from strongroom_core.doctor.finding import Finding, Grade, problem, warning
from strongroom_core.kernel.errors import Invalid
from strongroom_core.settings import Settings
from strongroom_server import databases
from strongroom_server.admin.ask import NoServer, ServerRefused, ask
from strongroom_server.checks.folder import check_folder
from strongroom_server.checks.process import check_entropy, check_process

if TYPE_CHECKING:
    from strongroom_server.data_folder import DataFolder

_MARKS = {Grade.OK: ("✓", "+"), Grade.WARNING: ("!", "!"), Grade.PROBLEM: ("✗", "x")}
"""The marks for each grade, with and without UTF-8."""
_COLORS = {Grade.OK: "green", Grade.WARNING: "yellow", Grade.PROBLEM: "bold red"}
_WIDTH = 18


async def examine_installation(folder: DataFolder) -> list[Finding]:
    """Check the installation in a data folder.

    A running server checks itself and its database: only it knows its settings and database passwords.
    If none is running, an external database is checked from here, with the environment's settings.
    """
    settings, misread = _settings()
    named = settings is not None and settings.database_url is not None
    findings = [*check_folder(folder, embedded=not named), check_entropy()]
    try:
        answer = await asyncio.to_thread(ask, folder, {"op": "doctor"})
    except NoServer:
        return [*findings, *misread, *await _without_server(settings)]
    except ServerRefused as error:
        return [*findings, problem("server", error.message, "see its log")]
    return [*findings, *(_finding(each) for each in answer["findings"])]


def _settings() -> tuple[Settings | None, list[Finding]]:
    try:
        settings = Settings.from_environment(os.environ)
        databases.named(settings)
    except Invalid as error:
        return None, [problem("settings", error.message, "see docs/operate/settings.md")]
    return settings, []


async def _without_server(settings: Settings | None) -> list[Finding]:
    hint = "start it with `strongroom-server serve`"
    findings = [warning("server", "not running", hint)]
    if settings is None:
        return findings
    findings += check_process(os.environ, settings, None)
    if settings.database_url is None:
        says = "not running; database checks need a running server"
        return [*findings, warning("database", says, hint)]
    return [*findings, *(await examine_named(settings.database_url)).findings]


def _finding(each: dict[str, Any]) -> Finding:
    return Finding(each["check"], Grade(each["grade"]), each["says"], each["hint"])


def print_findings(findings: list[Finding], *, as_json: bool) -> bool:
    """Print the findings, and return whether there is a problem."""
    failed = any(each.grade is Grade.PROBLEM for each in findings)
    if as_json:
        told = {"ok": not failed, "findings": [asdict(each) for each in findings]}
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return failed
    console = Console(highlight=False, soft_wrap=True)
    plain = not (console.encoding or "").lower().startswith("utf")
    for each in findings:
        console.print(_line(each, plain=plain))
    counts = Counter(each.grade for each in findings)
    console.print(
        f"problems: {counts[Grade.PROBLEM]}, warnings: {counts[Grade.WARNING]},"
        f" ok: {counts[Grade.OK]}"
    )
    return failed


def _line(finding: Finding, *, plain: bool) -> Text:
    mark = _MARKS[finding.grade][plain]
    line = Text()
    line.append(f"{mark} {finding.grade.value:8}", style=_COLORS[finding.grade])
    line.append(f"{finding.check:{_WIDTH}} {finding.says}")
    if finding.hint is not None:
        arrow = "->" if plain else "→"
        line.append(f"\n  {'':{8 + _WIDTH}} {arrow} {finding.hint}", style="dim")
    return line
