"""Checks the database's clock before anything irreversible that depends on the time.

One reading of one clock isn't enough. Since the last reading, which the database stores for each boot, the
clock must have advanced by as much as this machine's uptime. While the two disagree, nothing is deleted.
Deletion resumes once they agree again or someone confirms that the clock is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.kernel.clock import wall_clock
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.clock import Uptime

TOLERANCE = timedelta(minutes=5)
"""How far the two times may differ. Normal clock adjustments are a matter of seconds."""

DRIFT = 0.001
"""Additional tolerance, as a fraction of the time between two readings. It allows an hour in six weeks."""

UNATTENDED = timedelta(days=7)
"""The maximum age of the last reading if a machine that has just booted is to trust the clock."""

KEPT = timedelta(days=90)
"""How long to keep readings from stopped machines and records of a wrong clock."""

_READINGS = "select boot, seconds, at from clock_reading"

_NOTE = """
insert into clock_reading (vault, boot, seconds, at) values ('installation', $1, $2, $3)
on conflict (boot) do update set seconds = excluded.seconds, at = excluded.at
"""

_DOUBT = """
insert into clock_doubt as d (vault, boot, since, apart) values ('installation', $1, $2, $3)
on conflict (boot) do update set
    since = case when d.ended_at is null then d.since else excluded.since end,
    apart = case when d.ended_at is null and abs(d.apart) > abs(excluded.apart) then d.apart
                 else excluded.apart end,
    ended_at = null
"""

_BELIEVE = "update clock_doubt set ended_at = $2 where boot = $1 and ended_at is null"

_FORGET = (
    "delete from clock_reading where at < $1",
    "delete from clock_doubt where ended_at < $1",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading: the time `at` on the database's clock when a machine had been running for `seconds`."""

    boot: str
    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockCheck:
    """The result of a comparison: the database's time `now`, and the time that was `expected`."""

    now: datetime
    expected: datetime
    is_right: bool

    @property
    def ahead(self) -> timedelta:
        """How far the clock is ahead of the expected time; negative if it is behind."""
        return self.now - self.expected


def compare(readings: Sequence[Reading], uptime: Uptime, now: datetime) -> ClockCheck:
    """Compare the clock with this machine's last reading or, if it has none, with the newest one of all."""
    own = next((each for each in readings if each.boot == uptime.boot), None)
    if own is not None:
        passed = timedelta(seconds=uptime.seconds - own.seconds)
        expected = own.at + passed
        return ClockCheck(now, expected, abs(now - expected) <= TOLERANCE + passed * DRIFT)
    if not readings:
        return ClockCheck(now, now, is_right=True)
    newest = max(each.at for each in readings)
    # The time that passed without a reading is unknown, but it can't be negative.
    expected = min(max(now, newest), newest + UNATTENDED)
    return ClockCheck(now, expected, abs(now - expected) <= TOLERANCE)


async def compare_clock(connection: Connection, uptime: Uptime, now: datetime) -> ClockCheck:
    """Compare a time just read from the clock with the stored readings, without storing it."""
    return compare(await _readings(connection), uptime, now)


async def require_clock_as_before(connection: Connection, uptime: Uptime, now: datetime) -> None:
    """Raise `Conflict` if this machine's last reading or its own clock contradicts the database's clock."""
    own = [each for each in await _readings(connection) if each.boot == uptime.boot]
    check = compare(own, uptime, now)
    apart = max(abs(check.ahead), abs(now - wall_clock()))
    if not check.is_right or apart > TOLERANCE:
        raise Conflict(
            f"the database's clock says {now:%Y-%m-%d %H:%M:%S} UTC, which is {in_words(apart)} from"
            " what this machine expects; set the clock, or add --clock-is-right"
        )


async def check_clock(core: Core) -> ClockCheck:
    """Compare the clock, and store the result.

    A reading that disagrees isn't stored, so that later ones agree again once the clock is right.
    """
    async with core.database.transaction(INSTALLATION) as connection:
        uptime, now = core.clock.uptime(), core.clock.now()
        check = compare(await _readings(connection), uptime, now)
        if check.is_right:
            await connection.execute(_NOTE, uptime.boot, uptime.seconds, now)
            await connection.execute(_BELIEVE, uptime.boot, now)
            for sql in _FORGET:
                await connection.execute(sql, now - KEPT)
        else:
            ahead = check.ahead.total_seconds()
            await connection.execute(_DOUBT, uptime.boot, check.expected, ahead)
    return check


def in_words(apart: timedelta) -> str:
    """Return a difference in words, in the largest unit of which there are at least two."""
    seconds = abs(apart.total_seconds())
    for size, unit in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


async def begin_readings(connection: Connection, uptime: Uptime, now: datetime) -> None:
    """Trust the clock from now on: delete all readings and all records of doubt, and store this reading."""
    await connection.execute("delete from clock_reading")
    await connection.execute("delete from clock_doubt")
    await connection.execute(_NOTE, uptime.boot, uptime.seconds, now)


async def not_before_last_reading(connection: Connection, at: datetime) -> datetime:
    """Return `at`, or the time of the last correct reading if that is later.

    Retention periods start at that time, so that a clock that is behind can't make something look old enough
    to delete.
    """
    last = await connection.fetchval("select last_clock_reading()")
    return max(at, last) if last is not None else at


async def _readings(connection: Connection) -> list[Reading]:
    rows = await connection.fetch(_READINGS)
    return [Reading(row["boot"], row["seconds"], row["at"]) for row in rows]
