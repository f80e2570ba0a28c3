"""If stdout is full, closed or gone, every command prints a two-line error (D-3)."""

from __future__ import annotations

import pytest

from .cli_world import CliWorld

COMMANDS = [
    "get billing/API_KEY",
    "get billing/API_KEY -f json",
    "list",
    "list -f json",
    "list -f table",
    "whoami",
    "status",
    "doctor",
    "version",
    "--version",
    "completion bash",
    "export -p billing",
    "run -p billing --dry-run",
    "cache show -q -f json",
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
async def test_the_error_is_one_line(cli_world: CliWorld, where: str, said: str) -> None:
    """D-3: the exit code is 1, without a traceback; `list -f table` prints nothing until it has all rows."""
    for command in COMMANDS:
        filled = command.replace("<server>", cli_world.url)
        if "<token>" in filled:
            filled = filled.replace("<token>", await cli_world.token())
        done = await cli_world.terminal.type(f"strongroom {filled} {where}")
        first, *others = done.err.splitlines()

        assert 1 == done.status, command
        assert f"strongroom: {said}" == first, command
        assert others, command
        assert [] == [line for line in others[1:] if not line.startswith("strongroom: ")], command


async def test_closed_output(cli_world: CliWorld) -> None:
    """D-3: `run` works without stdout; without stderr, the exit code still reports the result."""
    for where in (">&-", "2>&-", ">&- 2>&-", "2>/dev/full", "<&-", "<&- >&- 2>&-"):
        done = await cli_world.terminal.type(f"strongroom run -p billing -- sh -c 'exit 5' {where}")

        assert 5 == done.status, where
    for where in ("2>&-", "2>/dev/full", "2>&- >&-"):
        done = await cli_world.terminal.type(f"strongroom get billing/NOTHING {where}")

        assert (5, "", "") == (done.status, done.out, done.err), where


async def test_a_reader_that_left_ends_it(cli_world: CliWorld) -> None:
    """D-3: on a closed pipe, a command ends silently, as if SIGPIPE had ended it."""
    for command in ("list", "list -f table", "version", "export -p billing", "--help"):
        # The reader is gone before anything is written.
        line = f"(sleep 0.3; strongroom {command}; echo $? >code) | true; cat code"
        done = await cli_world.terminal.type(line)

        assert ("141\n", "") == (done.out, done.err), command
