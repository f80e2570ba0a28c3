"""A policy's conditions, and whether one read meets them (P-2). Pure.

The decision depends on the conditions, on the secret's counts, and on who reads it, from where and when.
Real reads, explanations and reports all use `refuse`; only real reads and reports use `count_read` and
`rotates_now`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import msgspec

from strongroom_core.kernel.clock import SLACK
from strongroom_core.kernel.errors import (
    Axis,
    Invalid,
    PolicyDenied,
    RateCapped,
    StrongroomError,
    TimeToLiveOver,
)
from strongroom_core.kernel.limits import (
    CO_SIGN_LONGEST,
    READS_A_DAY,
    READS_A_MINUTE,
    READS_IN_TOTAL,
)
from strongroom_core.kernel.networks import covers, require_networks
from strongroom_core.kernel.time_windows import TimeWindow, is_open, require_time_window
from strongroom_core.kernel.view import View

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)


class Conditions(View, forbid_unknown_fields=True):
    """A policy's conditions. A condition that is switched off is kept but isn't checked.

    The time to live applies if it is switched on and has an end, a number of reads, or both. Days are 1
    (Monday) to 7. The secret is rotated after `rotate_after_reads` reads of a version; this denies nothing.
    """

    time_window_enabled: bool = False
    time_window_start: str | None = None
    time_window_end: str | None = None
    time_window_timezone: str | None = None
    time_window_days: list[int] = msgspec.field(default_factory=list[int])
    ip_allowlist_enabled: bool = False
    ip_allowlist_cidrs: list[str] = msgspec.field(default_factory=list[str])
    co_sign_enabled: bool = False
    co_sign_machine_id: str | None = None
    co_sign_window_seconds: int | None = None
    rate_cap_enabled: bool = False
    max_reads_per_minute: int | None = None
    max_reads_per_day: int | None = None
    ttl_enabled: bool = True
    ttl_expires_at: datetime | None = None
    ttl_max_reads: int | None = None
    rotate_enabled: bool = True
    rotate_after_reads: int | None = None

    @property
    def axes(self) -> list[Axis]:
        """The conditions that are switched on, in the order in which they are checked."""
        return [axis for axis in Axis if self.has(axis)]

    def has(self, axis: Axis) -> bool:
        """Whether this condition is switched on."""
        match axis:
            case Axis.TIME:
                return self.time_window_enabled
            case Axis.IP:
                return self.ip_allowlist_enabled
            case Axis.COSIGN:
                return self.co_sign_enabled
            case Axis.RATE:
                return self.rate_cap_enabled
            case Axis.TTL:
                ends = self.ttl_expires_at is not None or self.ttl_max_reads is not None
                return self.ttl_enabled and ends
            case Axis.ROTATE:
                return self.rotate_enabled and self.rotate_after_reads is not None

    @property
    def window(self) -> TimeWindow | None:
        """The time window, if it is complete."""
        start, end, zone = (
            self.time_window_start,
            self.time_window_end,
            self.time_window_timezone,
        )
        if start is None or end is None or zone is None:
            return None
        return TimeWindow(start=start, end=end, zone=zone, days=self.time_window_days)

    @property
    def counts(self) -> bool:
        """Whether a read depends on earlier reads, which means that reads must be counted."""
        return (
            self.co_sign_enabled
            or self.rate_cap_enabled
            or (self.ttl_enabled and self.ttl_max_reads is not None)
            or self.has(Axis.ROTATE)
        )

    def to_json(self) -> str:
        """Return the conditions as stored (JSON)."""
        return msgspec.json.encode(self).decode()


@dataclass(slots=True)
class Use:
    """The counts of a secret with a policy: its delivered reads, and its co-signer's last read.

    `in_version` counts the reads of `version`. `queued_version` is the last version that they rotated.
    """

    minute: datetime | None = None
    in_minute: int = 0
    day: date | None = None
    in_day: int = 0
    total: int = 0
    co_signed_by: str | None = None
    co_signed_at: datetime | None = None
    version: int | None = None
    in_version: int = 0
    queued_version: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One read that a machine requests: by which machine, from which address, when, and of which version."""

    machine: str
    address: str
    now: datetime
    version: int = 0


@lru_cache(maxsize=4096)
def stored_conditions(stored: str | None) -> Conditions | None:
    """Return stored conditions, or None if there are none."""
    return None if stored is None else msgspec.json.decode(stored, type=Conditions)


def refuse(
    axis: Axis, conditions: Conditions, use: Use | None, attempt: Attempt
) -> StrongroomError | None:
    """Return the error if this condition is on and denies the read, or None.

    If `use` is None, every condition that counts denies the read, because the secret has been deleted in the
    meantime.
    """
    return _CHECKS[axis](conditions, use, attempt) if conditions.has(axis) else None


def refuse_any(conditions: Conditions, use: Use | None, attempt: Attempt) -> StrongroomError | None:
    """Return the error of the first condition that denies the read, or None."""
    return next(
        (error for axis in Axis if (error := refuse(axis, conditions, use, attempt)) is not None),
        None,
    )


def count_read(conditions: Conditions, use: Use, attempt: Attempt) -> bool:
    """Count a delivered read. Returns whether it was the last one before the secret is deleted."""
    use.minute, use.in_minute = _minute(use, attempt.now)
    use.day, use.in_day = _day(use, attempt.now)
    use.in_minute += 1
    use.in_day += 1
    use.total += 1
    if use.version is None or attempt.version > use.version:
        use.version, use.in_version = attempt.version, 0
    # A batch that began before a new version was written still delivers the old one.
    if attempt.version == use.version:
        use.in_version += 1
    if conditions.co_sign_enabled and attempt.machine == conditions.co_sign_machine_id:
        use.co_signed_by, use.co_signed_at = attempt.machine, attempt.now
    return (
        conditions.ttl_enabled
        and conditions.ttl_max_reads is not None
        and use.total >= conditions.ttl_max_reads
    )


def rotates_now(conditions: Conditions, use: Use, attempt: Attempt) -> bool:
    """Whether this counted read queues a rotation. True at most once for each version."""
    due = (
        conditions.has(Axis.ROTATE)
        and attempt.version == use.version != use.queued_version
        and use.in_version >= (conditions.rotate_after_reads or 0)
    )
    if due:
        use.queued_version = attempt.version
    return due


def require_valid(wanted: Conditions, *, now: datetime) -> Conditions:
    """Return the conditions in canonical form. Raises `Invalid`, which names the field."""
    window = _require_window(wanted)
    cidrs = require_networks(wanted.ip_allowlist_cidrs, field="ipAllowlistCidrs")
    if wanted.ip_allowlist_enabled and not cidrs:
        raise Invalid("add a network, or turn the IP allowlist off", field="ipAllowlistCidrs")
    ends = wanted.ttl_expires_at
    if ends is not None and ends.tzinfo is None:
        raise Invalid("the end needs a time zone, such as Z", field="ttlExpiresAt")
    if wanted.ttl_enabled and ends is not None and ends <= now:
        raise Invalid("the end must be in the future", field="ttlExpiresAt")
    _require_number(wanted.max_reads_per_minute, READS_A_MINUTE, "maxReadsPerMinute")
    _require_number(wanted.max_reads_per_day, READS_A_DAY, "maxReadsPerDay")
    _require_number(wanted.ttl_max_reads, READS_IN_TOTAL, "ttlMaxReads")
    _require_number(wanted.rotate_after_reads, READS_IN_TOTAL, "rotateAfterReads")
    _require_number(wanted.co_sign_window_seconds, CO_SIGN_LONGEST, "coSignWindowSeconds")
    if wanted.rate_cap_enabled and wanted.max_reads_per_minute is wanted.max_reads_per_day is None:
        raise Invalid(
            "enter a number of reads, or turn the rate cap off", field="maxReadsPerMinute"
        )
    return msgspec.structs.replace(
        wanted,
        time_window_days=wanted.time_window_days if window is None else list(window.days),
        ip_allowlist_cidrs=cidrs,
        co_sign_machine_id=_require_co_signer(wanted),
    )


def no_co_signer() -> Invalid:
    """Return the error for a co-signer that isn't a machine in the policy's project."""
    return Invalid("choose a machine that is attached to this project", field="coSignMachineId")


def _require_window(wanted: Conditions) -> TimeWindow | None:
    window = wanted.window
    if window is not None and (window.days or wanted.time_window_enabled):
        return require_time_window(window, field="timeWindowStart")
    if wanted.time_window_enabled:
        raise Invalid(
            "a time window needs a start, an end, a time zone and days", field="timeWindowStart"
        )
    parts = (wanted.time_window_start, wanted.time_window_end, wanted.time_window_timezone)
    if any(part is not None for part in parts) or wanted.time_window_days:
        raise Invalid(
            "a time window needs a start, an end, a time zone and days, even while it is off",
            field="timeWindowStart",
        )
    return None


def _require_number(number: int | None, most: int, field: str) -> None:
    if number is not None and not 1 <= number <= most:
        raise Invalid(f"must be 1–{most:,}", field=field)


def _require_co_signer(wanted: Conditions) -> str | None:
    machine = wanted.co_sign_machine_id
    if wanted.co_sign_enabled and (machine is None or wanted.co_sign_window_seconds is None):
        raise Invalid(
            "choose a machine and a number of seconds, or turn co-signing off",
            field="coSignMachineId" if machine is None else "coSignWindowSeconds",
        )
    if machine is None:
        return None
    try:
        return str(UUID(machine))
    except ValueError:
        raise no_co_signer() from None


def _in_window(
    conditions: Conditions, _use: Use | None, attempt: Attempt
) -> StrongroomError | None:
    window = conditions.window
    if window is not None and is_open(window, attempt.now):
        return None
    return PolicyDenied(Axis.TIME)


def _from_network(
    conditions: Conditions, _use: Use | None, attempt: Attempt
) -> StrongroomError | None:
    if covers(conditions.ip_allowlist_cidrs, attempt.address):
        return None
    return PolicyDenied(Axis.IP)


def _co_signed(conditions: Conditions, use: Use | None, attempt: Attempt) -> StrongroomError | None:
    """The co-signer itself doesn't need another machine."""
    if use is None:
        return TimeToLiveOver()
    if attempt.machine == conditions.co_sign_machine_id:
        return None
    within = timedelta(seconds=conditions.co_sign_window_seconds or 0)
    at = use.co_signed_at
    if (
        at is not None
        and use.co_signed_by == conditions.co_sign_machine_id
        and -SLACK <= attempt.now - at <= within
    ):
        return None
    return PolicyDenied(Axis.COSIGN)


def _under_cap(conditions: Conditions, use: Use | None, attempt: Attempt) -> StrongroomError | None:
    if use is None:
        return TimeToLiveOver()
    day, in_day = _day(use, attempt.now)
    if conditions.max_reads_per_day is not None and in_day >= conditions.max_reads_per_day:
        return RateCapped(_seconds_to(_start_of(day) + _DAY, attempt.now))
    minute, in_minute = _minute(use, attempt.now)
    if conditions.max_reads_per_minute is not None and in_minute >= conditions.max_reads_per_minute:
        return RateCapped(_seconds_to(minute + _MINUTE, attempt.now))
    return None


def _alive(conditions: Conditions, use: Use | None, attempt: Attempt) -> StrongroomError | None:
    if conditions.ttl_expires_at is not None and attempt.now >= conditions.ttl_expires_at:
        return TimeToLiveOver()
    if conditions.ttl_max_reads is not None and (
        use is None or use.total >= conditions.ttl_max_reads
    ):
        return TimeToLiveOver()
    return None


def _exists(_conditions: Conditions, use: Use | None, _attempt: Attempt) -> StrongroomError | None:
    """Rotation denies nothing, but without counts the secret has just been deleted."""
    return TimeToLiveOver() if use is None else None


_Check = Callable[[Conditions, Use | None, Attempt], StrongroomError | None]

_CHECKS: Mapping[Axis, _Check] = {
    Axis.TIME: _in_window,
    Axis.IP: _from_network,
    Axis.COSIGN: _co_signed,
    Axis.RATE: _under_cap,
    Axis.TTL: _alive,
    Axis.ROTATE: _exists,
}


def _minute(use: Use, now: datetime) -> tuple[datetime, int]:
    """Return the minute that a read counts toward, and the number of reads so far in that minute.

    Nodes can be milliseconds apart. A minute that has begun for one node has begun for all of them, so the
    count never goes back to an earlier minute. A minute far in the future was counted while the clock was
    wrong.
    """
    minute = now.replace(second=0, microsecond=0)
    if use.minute is not None and minute <= use.minute <= now + SLACK:
        return use.minute, use.in_minute
    return minute, 0


def _day(use: Use, now: datetime) -> tuple[date, int]:
    """Like `_minute`, for the UTC day: return the day that a read counts toward, and its reads so far."""
    day = now.date()
    if use.day is not None and day <= use.day <= (now + SLACK).date():
        return use.day, use.in_day
    return day, 0


def _start_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _seconds_to(moment: datetime, now: datetime) -> int:
    return max(1, int((moment - now).total_seconds() + 0.999))
