"""The time. It always comes from the database, so that all nodes agree, no matter what their own clocks show.

The database's clock can be wrong too. Before anything irreversible, `access/clock_check.py` compares it with
the seconds since the machine booted. Changes to the wall clock don't affect those.
"""

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Protocol

SLACK = timedelta(minutes=1)
"""How far in the future a stored time can be and still be trusted, given that clocks are adjusted."""

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_test_clocks = count(1)


@dataclass(frozen=True, slots=True)
class Uptime:
    """How long ago a machine booted, including time suspended. `boot` identifies that boot."""

    boot: str
    seconds: float


class Clock(Protocol):
    """Tells the time, in UTC."""

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        ...

    def uptime(self) -> Uptime:
        """Return how long this machine has been running."""
        ...


class DatabaseClock:
    """The database's clock, carried forward by this machine's monotonic clock between measurements.

    Changes to the wall clock don't affect it.
    """

    def __init__(self, measured: datetime) -> None:
        self.set(measured)

    def set(self, measured: datetime) -> None:
        """Record a new measurement of the database's `clock_timestamp()`."""
        self._measured = measured.astimezone(UTC)
        self._at = time.monotonic()

    def now(self) -> datetime:
        """Return database time."""
        return self._measured + timedelta(seconds=time.monotonic() - self._at)

    def uptime(self) -> Uptime:
        """Return how long this machine has been running, according to its kernel."""
        return uptime_of_machine()


class MovableClock:
    """A clock that stands still until it is moved, so that tests don't have to wait."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._uptime = Uptime(f"test-{os.getpid()}-{next(_test_clocks)}", 0.0)

    def now(self) -> datetime:
        """Return the time to which the clock is set."""
        return self._now

    def uptime(self) -> Uptime:
        """Return how far the clock has been moved forward."""
        return self._uptime

    def move(self, by: timedelta) -> None:
        """Let time pass, or set the clock back if `by` is negative."""
        self._now += by
        passed = max(0.0, by.total_seconds())
        self._uptime = Uptime(self._uptime.boot, self._uptime.seconds + passed)

    def jump(self, by: timedelta) -> None:
        """Set the clock forward or back without any time passing."""
        self._now += by


def uptime_of_machine() -> Uptime:
    """Return how long this machine has been running, according to its kernel."""
    return Uptime(_boot(), time.clock_gettime(time.CLOCK_BOOTTIME))


def wall_clock() -> datetime:
    """Return this machine's own time. Use it only for comparison with the database's."""
    return datetime.fromtimestamp(time.time(), UTC)  # noqa: TID251 -- for the comparison


def is_recent(moment: datetime, now: datetime, within: timedelta) -> bool:
    """Whether a moment was at most `within` ago. A moment in the future is wrong, so it isn't recent."""
    return -SLACK <= now - moment <= within


def is_to_come(moment: datetime, now: datetime, within: timedelta) -> bool:
    """Whether a moment is at most `within` ahead. If it is further ahead, it is wrong and counts as past."""
    return now < moment <= now + within + SLACK


@cache
def _boot() -> str:
    """Return the kernel's ID for this boot or, if there is none, an ID for this process."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return f"process-{os.getpid()}-{time.monotonic_ns()}"
