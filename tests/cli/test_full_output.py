"""A stdout that is full, closed or gone is an error in two lines, of any command (D-3)."""

from __future__ import annotations

import pytest

from .stage import Stage

COMMANDS = [
    "get billing/API_KEY",
    "get billing/API_KEY -o json",
    "list",
    "list -o json",
    "list -o table",
    "whoami",
    "status",
    "doctor",
    "version",
    "--version",
    "completion bash",
    "export -p billing",
    "run -p billing --dry-run",
    "cache show -q -o json",
    "bootstrap <server>/v1/bootstrap/<token> --replace",
]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (">/dev/full", "standard output: no space left on device"),
        (">&-", "standard output is closed"),
    ],
    ids=["full", "closed"],
)
async def test_it_is_said_in_a_line(stage: Stage, where: str, said: str) -> None:
    """D-3: exit code 1, no traceback; `list -o table` draws nothing before it knows."""
    for command in COMMANDS:
        filled = command.replace("<server>", stage.url)
        if "<token>" in filled:
            filled = filled.replace("<token>", await stage.token())
        done = await stage.terminal.type(f"strongroom {filled} {where}")
        first, *others = done.err.splitlines()

        assert 1 == done.status, command
        assert f"strongroom: {said}" == first, command
        assert others, command
        assert [] == [line for line in others[1:] if not line.startswith("strongroom: ")], command


async def test_where_nothing_is_written_nothing_is_missed(stage: Stage) -> None:
    """D-3: `run` works without a stdout; without a stderr the code tells, and without either."""
    for where in (">&-", "2>&-", ">&- 2>&-", "2>/dev/full", "<&-", "<&- >&- 2>&-"):
        done = await stage.terminal.type(f"strongroom run -p billing -- sh -c 'exit 5' {where}")

        assert 5 == done.status, where
    for where in ("2>&-", "2>/dev/full", "2>&- >&-"):
        done = await stage.terminal.type(f"strongroom get billing/NOTHING {where}")

        assert (5, "", "") == (done.status, done.out, done.err), where


async def test_a_reader_that_left_ends_it(stage: Stage) -> None:
    """D-3: as the signal for it would, and silently."""
    for command in ("list", "list -o table", "version", "export -p billing", "--help"):
        # The reader is gone before anything is written.
        line = f"(sleep 0.3; strongroom {command}; echo $? >code) | true; cat code"
        done = await stage.terminal.type(line)

        assert ("141\n", "") == (done.out, done.err), command
