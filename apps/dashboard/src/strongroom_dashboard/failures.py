"""Counts failed handlers. The page itself ignores the failures."""

from __future__ import annotations

from strongroom_dashboard.sockets import PAGE_FAILURES


def answer_failure(exception: Exception) -> None:
    """Count a failure by its type, because its message may quote a value."""
    PAGE_FAILURES.count(type(exception).__name__)
