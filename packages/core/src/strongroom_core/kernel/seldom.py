"""Counts events that clients can cause at will, and logs them at most once per minute."""

import time
from collections import Counter

import structlog

TELL_SECONDS = 60.0

_log = structlog.get_logger()


class Seldom:
    """One kind of log line. It contains the number of occurrences since the last such line, by kind.

    Kinds come from a closed set: names of classes and lines of code, never anything that a client sent.
    """

    def __init__(self, event: str, **told: str) -> None:
        """`told` is added to every line."""
        self._event = event
        self._told = told
        self._kinds = Counter[str]()
        self._told_at = float("-inf")

    def count(self, kind: str) -> None:
        """Count one occurrence, and log if the last line is at least a minute old."""
        self._kinds[kind] += 1
        now = time.monotonic()
        if now - self._told_at >= TELL_SECONDS:
            kinds, self._kinds, self._told_at = self._kinds, Counter[str](), now
            _log.warning(self._event, count=kinds.total(), kinds=dict(kinds), **self._told)
