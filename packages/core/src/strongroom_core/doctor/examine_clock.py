"""Checks whether the database's clock is right and has been right, and what a wrong clock has caused."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access.clock_check import compare_clock, in_words
from strongroom_core.doctor.finding import Finding, ok, problem, warning
from strongroom_core.install.restored import SKEW
from strongroom_core.kernel.clock import SLACK, uptime_of_machine

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.clock_check import ClockCheck
    from strongroom_core.db.connection import Connection, Row

CLOCK_WARNING, CLOCK_PROBLEM = 1.0, 5.0
"""Seconds between the database's clock and this machine's."""
TOLD_FOR = timedelta(days=7)
"""How long `doctor` continues to report that the clock was wrong."""

_REMEDY = "set the clock; if it is right, run `strongroom-server clock --is-right`"

_DOUBTS = "select since, apart, ended_at from clock_doubt where ended_at > $1 order by since"


def examine_clock(offset: float) -> Finding:
    """Judge the number of seconds by which the database's clock is ahead of this machine's."""
    apart = abs(offset)
    says = f"the database's clock and this machine's differ by {apart:.1f} s"
    hint = "sync both clocks (NTP); signed requests are checked against the database's clock"
    if apart > CLOCK_PROBLEM:
        return problem("clock", says, hint)
    return warning("clock", says, hint) if apart > CLOCK_WARNING else ok("clock", says)


async def examine_clock_history(connection: Connection) -> list[Finding]:
    """Check whether the clock contradicts this machine's uptime, or did so recently, and what that caused."""
    now = await connection.fetchval("select clock_timestamp()")
    check = await compare_clock(connection, uptime_of_machine(), now)
    doubts = await connection.fetch(_DOUBTS, now - TOLD_FOR)
    floor = await connection.fetchval(
        "select nonce_floor from deployment where nonce_floor > $1", now + SLACK
    )
    findings = [
        *([] if check.is_right else [_doubted(check)]),
        *(_was_doubted(row) for row in doubts),
        *([] if floor is None else [_closed(floor, now)]),
    ]
    return findings or [ok("time", "the database's clock agrees with this machine's uptime")]


def _doubted(check: ClockCheck) -> Finding:
    says = (
        f"the database's clock is {in_words(check.ahead)} {_way(check.ahead)} the expected time:"
        " expired data isn't deleted until the clock is right again"
    )
    return problem("time", says, _REMEDY)


def _was_doubted(row: Row) -> Finding:
    apart = timedelta(seconds=row["apart"])
    says = (
        f"the database's clock was {in_words(apart)} {_way(apart)} the expected time from"
        f" {_told(row['since'])} until {_told(row['ended_at'])}: expired data wasn't deleted, and sessions"
        " opened in that period have ended"
    )
    hint = "find out why; `strongroom-server clock --is-right` repairs the effects and clears this warning"
    return warning("time", says, hint)


def _closed(floor: datetime, now: datetime) -> Finding:
    says = f"machine requests signed before {_told(floor)} are rejected"
    if floor <= now + SKEW + SLACK:
        return warning(
            "time",
            says,
            "wait until then; this is normal after a backup was restored or a clock was corrected",
        )
    return problem("time", says, _REMEDY)


def _way(ahead: timedelta) -> str:
    return "ahead of" if ahead > timedelta() else "behind"


def _told(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
