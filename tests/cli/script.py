"""Transcripts: what is typed, and what comes of it.

::

    # A comment.
    % freeze billing                    something happens to server, vault or machine
    $ strongroom get billing/API_KEY    a line for the shell
    what it prints on stdout
    ! what it says on stderr
    ? 7                                 its exit code, unless that is 0

`<words>` stands for what differs between runs; in commands too, where the words are known before. A
line of stdout that begins with one of the five signs has a backslash in front.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

PATTERNS = {
    "id": r"(?:sk|proj|vault|app)_[a-z0-9]+",
    "machine": r"[0-9a-f-]{36}",
    "time": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "age": r"\d+ (?:s|min|h|d)",
    "request": r"[A-Za-z0-9_-]+",
    "n": r"\d+",
    "text": r".+",
}
"""Placeholders whose text is not known before."""

_PLACEHOLDER = re.compile(r"<([A-Za-z][\w /.#-]*)>")
_SIGNS = "#%$!?\\"


@dataclass(slots=True)
class Step:
    """Something that happens, or a command with what is expected of it."""

    line: int
    befalls: str | None = None
    command: str = ""
    out: list[str] = field(default_factory=list[str])
    err: list[str] = field(default_factory=list[str])
    status: int = 0


def parse(text: str) -> list[Step]:
    """Read a transcript."""
    steps: list[Step] = []
    for number, line in enumerate(text.splitlines(), 1):
        sign, rest = line[:1], line[1:].strip()
        if sign == "%":
            steps.append(Step(number, befalls=rest))
        elif sign == "$":
            steps.append(Step(number, command=rest))
        elif sign == "#":
            continue
        elif not steps:
            assert not line, f"line {number} belongs to no command"
        elif sign == "!":
            steps[-1].err.append(line[2:])
        elif sign == "?":
            steps[-1].status = int(rest)
        else:
            steps[-1].out.append(line[1:] if sign == "\\" else line)
    for step in steps:
        # A blank line before the next command is for the eye.
        while step.out and not step.out[-1]:
            step.out.pop()
    return steps


def fill_in(command: str, known: Mapping[str, str]) -> str:
    """Return a command with the placeholders that are known."""
    return _PLACEHOLDER.sub(lambda found: known.get(found[1], found[0]), command)


def agrees(expected: list[str], found: str, known: Mapping[str, str]) -> bool:
    """Whether an output is as expected, but for placeholders."""
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
