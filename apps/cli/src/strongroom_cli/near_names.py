"""A hint for what was mistyped."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_TOLD = 5
SHORT, LEAST_SHORT, LEAST, MARGIN = 5, 0.6, 0.72, 0.1
"""How alike two names must be, from 0 to 1, and how much less than the best is told beside it."""


def near(typed: str, known: Iterable[str], *, otherwise: str = "see `strongroom list`") -> str:
    """Return a hint that lists the known names near to what was typed, or `otherwise`."""
    from difflib import SequenceMatcher  # noqa: PLC0415 -- only when something went wrong

    matcher = SequenceMatcher(b=typed.casefold())
    likeness: dict[str, float] = {}
    for name in known:
        matcher.set_seq1(name.casefold())
        likeness[name] = matcher.ratio()
    best = max(likeness.values(), default=0.0)
    least = max(LEAST_SHORT if len(typed) <= SHORT else LEAST, best - MARGIN)
    found = sorted((name for name in likeness if likeness[name] >= least), key=likeness.__getitem__)
    if not found:
        return otherwise
    return f"did you mean {' or '.join(sorted(found[-MOST_TOLD:]))}?"
