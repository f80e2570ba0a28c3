"""What a check of the installation found: a grade, a sentence, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How bad it is. Only a problem makes `doctor` fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result: what was looked at, the grade, one line, and one hint where one helps."""

    check: str
    grade: Grade
    says: str
    hint: str | None = None


def ok(check: str, says: str) -> Finding:
    """Return a finding that is in order."""
    return Finding(check, Grade.OK, says)


def warning(check: str, says: str, hint: str) -> Finding:
    """Return a finding that somebody should know of."""
    return Finding(check, Grade.WARNING, says, hint)


def problem(check: str, says: str, hint: str) -> Finding:
    """Return a finding that has to be put right."""
    return Finding(check, Grade.PROBLEM, says, hint)
