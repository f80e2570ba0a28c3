"""Transcripts: commands, and their expected output.

::

    # A comment.
    % freeze billing                    an event that `CliWorld.apply` knows
    $ strongroom get billing/API_KEY    a line for the shell
    what the command prints on stdout
    ! what it prints on stderr
    ? 7                                 its exit code, unless that is 0

`<words>` is a placeholder for text that differs between runs; commands can use it once its text is known. A
line of stdout that begins with one of these five characters has a backslash in front.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .cli_world import CliWorld, fields_of

PATTERNS = {
    "id": r"(?:sk|proj|vault|app)_[a-z0-9]+",
    "machine": r"[0-9a-f-]{36}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "age": r"\d+ (?:s|min|h|d)",
    "request": r"[A-Za-z0-9_-]+",
    "n": r"\d+",
    "text": r".+",
}
"""Placeholders whose text isn't known beforehand."""

_PLACEHOLDER = re.compile(r"<([A-Za-z][\w /.#-]*)>")
_SIGNS = "#%$!?\\"


@dataclass(slots=True)
class Step:
    """An event, or a command with its expected results."""

    line: int
    event: str | None = None
    command: str = ""
    out: list[str] = field(default_factory=list[str])
    err: list[str] = field(default_factory=list[str])
    status: int = 0


def parse(text: str) -> list[Step]:
    """Parse a transcript."""
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), 1):
        sign, rest = line[:1], line[1:].strip()
        if sign == "%":
            steps.append(Step(number, event=rest))
        elif sign == "$":
            steps.append(Step(number, command=rest))
        elif sign == "#":
            continue
        elif not steps:
            assert not line, f"line {number} doesn't belong to a command"
        elif sign == "!":
            steps[-1].err.append(line[2:])
        elif sign == "?":
            steps[-1].status = int(rest)
        else:
            steps[-1].out.append(line[1:] if sign == "\\" else line)
    for step in steps:
        # A blank line before the next command is for readability.
        while step.out and not step.out[-1]:
            step.out.pop()
    return steps


def fill_in(command: str, known: Mapping[str, str]) -> str:
    """Return a command with the known placeholders filled in."""
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), command)


def agrees(expected: list[str], found: str, known: Mapping[str, str]) -> bool:
    """Return whether an output is as expected, apart from placeholders."""
    pattern = "\n".join(_pattern(line, known) for line in expected)
    return re.fullmatch(pattern, found.removesuffix("\n")) is not None


def _pattern(line: str, known: Mapping[str, str]) -> str:
    parts = _PLACEHOLDER.split(line)
    made = [
        re.escape(part) if number % 2 == 0 else _meaning(part, known)
        for number, part in enumerate(parts)
    ]
    return "".join(made)


def _meaning(words: str, known: Mapping[str, str]) -> str:
    if words in known:
        return re.escape(known[words])
    return f"(?:{PATTERNS[words]})"


async def run_transcript(cli_world: CliWorld, text: str, *, heed_stderr: bool = True) -> int:
    """Run a transcript and compare; return the number of commands.

    Without `heed_stderr`, stderr is compared only where the transcript contains stderr lines.
    """
    commands = 0
    for step in parse(text):
        if step.event is not None:
            await cli_world.apply(step.event)
            continue
        commands += 1
        known = await _known(cli_world, step.command)
        done = await cli_world.terminal.type(fill_in(step.command, known))
        told = f"line {step.line}: $ {step.command}\n{done.out}--\n{done.err}--\n{done.status}"

        assert step.status == done.status, told
        assert agrees(step.out, done.out, known), told
        if step.err or heed_stderr:
            assert agrees(step.err, done.err, known), told
    return commands


async def _known(cli_world: CliWorld, command: str) -> dict[str, str]:
    """The current values of placeholders."""
    known = {
        "server": cli_world.url,
        "home": str(cli_world.terminal.home),
        "here": str(cli_world.terminal.folder),
        "vault": cli_world.world.person.vault,
        "identity": str(cli_world.identity),
        "fingerprint": await cli_world.fingerprint() if "whoami" in command else "",
    }
    if "<token>" in command:
        known["token"] = await cli_world.token()
    for address, secret in cli_world.secrets.items():
        known[f"id of {address}"] = secret.id
        value = await cli_world.value(address)
        known[address] = value
        if secret.field_names:
            for name, text in fields_of(value).items():
                known[f"{address}#{name}"] = text
    for address, project in cli_world.projects.items():
        known[f"id of {address}"] = project.id
    return known
