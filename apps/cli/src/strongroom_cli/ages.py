"""This machine's clock, and how long ago something was, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_UNITS = (("d", timedelta(days=1)), ("h", timedelta(hours=1)), ("min", timedelta(minutes=1)))


def unix_seconds() -> float:
    """Return the time of this machine's clock."""
    return _now().timestamp()


def age_of(moment: datetime) -> str:
    """Return the age of an aware moment: 40 s, 12 min, 5 h, 3 d."""
    age = timedelta(seconds=seconds_since(moment))
    for unit, length in _UNITS:
        if age >= length:
            return f"{age // length} {unit}"
    return f"{int(age.total_seconds())} s"


def seconds_since(moment: datetime) -> int:
    """Return the age of an aware moment in whole seconds; 0 for one to come."""
    return max(0, int((_now() - moment).total_seconds()))


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 -- the command line shares no code with the server's core
