"""Commands and their expected output: each file in `transcripts/` is one test (D-3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from .cli_world import CliWorld
from .transcript import agrees, parse, run_transcript

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_transcript(cli_world: CliWorld, transcript: Path) -> None:
    """D-3: stdout, stderr and the exit code match the transcript."""
    commands = await run_transcript(cli_world, transcript.read_text())

    assert commands > 0


def test_a_transcript_can_fail() -> None:
    """The comparison detects a wrong line, a missing line and an extra line."""
    known = {"value": "a.b"}

    assert agrees(["x <value>", "<n>"], "x a.b\n12\n", known)
    assert not agrees(["x <value>"], "x aXb\n", known)
    assert not agrees(["x"], "x\ny\n", known)
    assert not agrees(["x", "y"], "x\n", known)
    assert not agrees([], "x\n", known)
    steps = parse("# c\n% stop\n$ a b\nout\n\\# out\n! err\n? 3\n\n$ c\n")
    assert ["stop", None, None] == [step.event for step in steps]
    assert (["out", "# out"], ["err"], 3) == (steps[1].out, steps[1].err, steps[1].status)
    assert ([], [], 0) == (steps[2].out, steps[2].err, steps[2].status)
