"""A check's result: a grade, a sentence, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How serious a finding is. Only problems make `doctor` fail."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result: its name, the grade, one line, and a hint if there is something to do."""

    check: str
    grade: Grade
    says: str
    hint: str | None = None


def ok(check: str, says: str) -> Finding:
    """Return a finding that isn't a problem."""
    return Finding(check, Grade.OK, says)


def warning(check: str, says: str, hint: str) -> Finding:
    """Return a finding that the administrator should know about."""
    return Finding(check, Grade.WARNING, says, hint)


def problem(check: str, says: str, hint: str) -> Finding:
    """Return a finding that must be fixed."""
    return Finding(check, Grade.PROBLEM, says, hint)
