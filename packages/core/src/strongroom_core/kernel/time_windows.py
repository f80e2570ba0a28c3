"""Time windows in a time zone, such as Monday to Friday from 08:00 to 18:00 in Oslo.

The times when a window opens and closes are computed in UTC, once for each day. If a clock change skips a
local time, the window uses the time at which it would have occurred without the change. If a local time
occurs twice, the first one counts. So a window opens at most once a day, even on days when the clocks change.

Zones come only from the `tzdata` package. The files of the host and of PostgreSQL can be from other releases,
and nodes would then disagree.
"""

from __future__ import annotations

import importlib.metadata
import importlib.resources
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from strongroom_core.kernel.errors import Invalid

_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_DAYS_AROUND = (-2, -1, 0, 1)
"""A window that began up to two UTC days ago can be open: zones differ, and windows can span midnight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeWindow:
    """From `start` to `end`, exclusive, as `HH:mm`, on days from 1 (Monday) to 7.

    If a window's end isn't after its start, it ends on the next day, but belongs to the day on which it
    began. So `00:00` to `00:00` is the whole day.
    """

    start: str
    end: str
    zone: str
    days: Sequence[int]


def require_time_window(window: TimeWindow, *, field: str) -> TimeWindow:
    """Return the window with its days in order. Raises `Invalid` for an unknown time, zone or day."""
    if not _TIME.fullmatch(window.start) or not _TIME.fullmatch(window.end):
        raise Invalid("times must be HH:mm, from 00:00 to 23:59", field=field)
    if window.zone not in zone_names():
        raise Invalid("the time zone must be an IANA name, such as Europe/Oslo or UTC", field=field)
    days = sorted(set(window.days))
    if not days or not set(days) <= set(range(1, 8)):
        raise Invalid("days must be 1 (Monday) to 7 (Sunday), at least one", field=field)
    return TimeWindow(start=window.start, end=window.end, zone=window.zone, days=days)


def is_open(window: TimeWindow, now: datetime) -> bool:
    """Whether the window is open at `now`."""
    today = now.astimezone(UTC).date()
    return any(_is_open_from(window, today + timedelta(days=ago), now) for ago in _DAYS_AROUND)


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone. Raises `KeyError` for a name that isn't in `zone_names`."""
    if name not in zone_names():
        raise KeyError(name)
    return _zone(name)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return all names of time zones."""
    text = importlib.resources.files("tzdata").joinpath("zones").read_text("utf-8")
    return frozenset(text.split())


def zone_release() -> str:
    """Return the release of the time zone data, such as `2026.6`."""
    return importlib.metadata.version("tzdata")


def _is_open_from(window: TimeWindow, day: date, now: datetime) -> bool:
    """Whether the window that begins on this local day is open at `now`."""
    if day.isoweekday() not in window.days:
        return False
    start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
    last = day if end > start else day + timedelta(days=1)
    zone = _zone(window.zone)
    return _moment(day, start, zone) <= now < _moment(last, end, zone)


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return a local time in UTC: the first if it occurs twice, or as before the change if it is skipped."""
    return datetime.combine(day, at, zone).astimezone(UTC)


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo:
    folder = importlib.resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with folder.open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
