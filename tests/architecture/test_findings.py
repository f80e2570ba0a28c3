"""Findings have the format that their README describes."""

import os
import re
from pathlib import Path

import pytest

FINDINGS = sorted(Path("findings").glob("*.sh"))


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda path: path.stem)
def test_the_parts_of_a_finding(finding: Path) -> None:
    """A finding has one sentence, then packages with exact versions, input, expected and actual result."""
    head = re.match(r"#!/bin/sh\n((?:#.*\n)+)set -eu\n", finding.read_text())

    assert head is not None
    assert re.search(r"^# \S.+\.\n#\n# Packages: .+ \d+\.\d+", head[1])
    assert ["Packages", "Input", "Expected", "Seen", "Here"] == re.findall(
        r"^# ([A-Z]\w+): ", head[1], re.MULTILINE
    )
    assert os.access(finding, os.X_OK)


def test_findings_are_found() -> None:
    """The list isn't empty because of a wrong path."""
    assert len(FINDINGS) > 1
