"""Type this, expect that: each file of `transcripts/` is one (D-3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from .play import play
from .script import agrees, parse
from .stage import Stage

TRANSCRIPTS = sorted((Path(__file__).parent / "transcripts").glob("*.txt"))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda path: path.stem)
async def test_transcript(stage: Stage, transcript: Path) -> None:
    """D-3: what is printed, what is said, and the exit code are as written down."""
    played = await play(stage, transcript.read_text())

    assert played > 0


def test_a_transcript_can_fail() -> None:
    """The comparison tells a wrong line, a missing one and one too many."""
    known = {"value": "a.b"}

    assert agrees(["x <value>", "<n>"], "x a.b\n12\n", known)
    assert not agrees(["x <value>"], "x aXb\n", known)
    assert not agrees(["x"], "x\ny\n", known)
    assert not agrees(["x", "y"], "x\n", known)
    assert not agrees([], "x\n", known)
    steps = parse("# c\n% stop\n$ a b\nout\n\\# out\n! err\n? 3\n\n$ c\n")
    assert ["stop", None, None] == [step.befalls for step in steps]
    assert (["out", "# out"], ["err"], 3) == (steps[1].out, steps[1].err, steps[1].status)
    assert ([], [], 0) == (steps[2].out, steps[2].err, steps[2].status)
