"""Counts, ages, and suggestions in plain words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_TOLD = 5
SHORT, LEAST_SHORT, LEAST, MARGIN = 5, 0.6, 0.72, 0.1
"""How similar two names must be, from 0 to 1, and how far below the best match a suggestion can be."""

LEAST_LAST = 0.5
"""How similar the last parts of two paths must be."""

_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))


def counted(number: int, one: str, several: str = "") -> str:
    """Return `1 variable` or `2 variables`. `several` is a plural that needs more than an s."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def some_of(names: Sequence[str]) -> str:
    """Return `A, B and 3 more`: at most five names."""
    more = len(names) - MOST_TOLD
    return ", ".join(names[:MOST_TOLD]) + (f" and {more} more" if more > 0 else "")


def near(typed: str, known: Iterable[str], *, otherwise: str = "see `strongroom list`") -> str:
    """Return a hint with known names similar to what was typed, or `otherwise`."""
    from difflib import SequenceMatcher  # noqa: PLC0415 -- only for errors

    matcher = SequenceMatcher(b=typed.casefold())
    likeness: dict[str, float] = {}
    for name in known:
        matcher.set_seq1(name.casefold())
        likeness[name] = matcher.ratio()
    # A path whose last part is different isn't a typo, no matter how long the other parts are.
    last = typed.rpartition("/")[2].casefold()
    matcher.set_seq2(last)
    for name in list(likeness):
        matcher.set_seq1(name.rpartition("/")[2].casefold())
        if matcher.ratio() < LEAST_LAST:
            del likeness[name]
    best = max(likeness.values(), default=0.0)
    least = max(LEAST_SHORT if len(typed) <= SHORT else LEAST, best - MARGIN)
    found = sorted((name for name in likeness if likeness[name] >= least), key=likeness.__getitem__)
    if not found:
        return otherwise
    return f"did you mean {' or '.join(sorted(found[-MOST_TOLD:]))}?"


def unix_seconds() -> float:
    """Return the time on this machine's clock."""
    return _now().timestamp()


def age_of(moment: datetime) -> str:
    """Return the age of an aware datetime: 40 s, 12 min, 5 h, 3 d."""
    age = timedelta(seconds=seconds_since(moment))
    for unit, length in _UNITS:
        if age >= length:
            return f"{age // length} {unit}"
    return f"{int(age.total_seconds())} s"


def seconds_since(moment: datetime) -> int:
    """Return the age of an aware datetime in whole seconds, or 0 if it is in the future."""
    return max(0, int((_now() - moment).total_seconds()))


def seconds_until(moment: datetime) -> float:
    """Return the seconds until an aware datetime, negative if it is in the past."""
    return (moment - _now()).total_seconds()


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- the command line shares no code with the server's core
