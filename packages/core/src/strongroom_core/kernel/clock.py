"""What time it is. Everybody asks the database, so that all nodes agree and nobody's wall clock decides."""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime:
        """Return the present moment as an aware datetime in UTC."""
        ...


class DatabaseClock:
    """The database's clock, carried between two measurements by this machine's monotonic one.

    A wall clock that is set back or forward does not move it.
    """

    def __init__(self, measured: datetime) -> None:
        self.set(measured)

    def set(self, measured: datetime) -> None:
        """Take a fresh measurement of the database's `clock_timestamp()`."""
        self._measured = measured.astimezone(UTC)
        self._at = time.monotonic()

    def now(self) -> datetime:
        """Return database time."""
        return self._measured + timedelta(seconds=time.monotonic() - self._at)


class MovableClock:
    """A clock that stands still until it is moved. For tests, which would otherwise have to wait."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        """Return the moment the clock was left at."""
        return self._now

    def move(self, by: timedelta) -> None:
        """Advance, or with a negative `by` set back."""
        self._now += by
