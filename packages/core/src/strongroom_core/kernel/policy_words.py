"""A policy's conditions as an English sentence. Screens, the API, commands and events all use it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from strongroom_core.kernel.errors import Axis
from strongroom_core.kernel.policies import Conditions
from strongroom_core.kernel.time_windows import TimeWindow, zone_named

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_EVERY_DAY = 7
_RANGE = 3
"""The number of consecutive days from which they are written as a range."""
FEW_NETWORKS = 5

UNKNOWN_MACHINE = "a machine that no longer exists"

AXIS_NAMES = {
    Axis.TIME: "Time window",
    Axis.IP: "IP allowlist",
    Axis.COSIGN: "Co-sign",
    Axis.RATE: "Rate cap",
    Axis.TTL: "Time to live",
    Axis.ROTATE: "Rotation",
}


def sentence_of(conditions: Conditions, co_signer: str | None) -> str:
    """Return the conditions that are on as a sentence. `co_signer` is the co-signing machine's name."""
    limits = [
        phrase_of(axis, conditions, co_signer)
        for axis in conditions.axes
        if axis is not Axis.ROTATE
    ]
    allowed = ", ".join(limits) or "without conditions"
    rotated = phrase_of(Axis.ROTATE, conditions, co_signer)
    more = f" Each is rotated {rotated}." if conditions.has(Axis.ROTATE) else ""
    return f"These secrets can be read {allowed}.{more}"


def phrase_of(axis: Axis, conditions: Conditions, co_signer: str | None) -> str:
    """Return one condition as the part of a sentence that follows "can be read" or "is rotated"."""
    match axis:
        case Axis.ROTATE:
            return (
                f"after {_times(conditions.rotate_after_reads or 0, 'read', 'reads')} of a version"
            )
        case Axis.TIME:
            window = conditions.window
            return "at no time" if window is None else _window(window)
        case Axis.IP:
            return f"from {_networks(conditions.ip_allowlist_cidrs)}"
        case Axis.COSIGN:
            within = _duration(conditions.co_sign_window_seconds or 0)
            return f"within {within} of {co_signer or UNKNOWN_MACHINE} reading the same secret"
        case Axis.RATE:
            return _rate(conditions)
        case Axis.TTL:
            return _time_to_live(conditions)


def moment_in(zone: str, at: datetime) -> str:
    """Return a moment in a time zone, such as `Thursday 00:58 in Berlin`."""
    there = at.astimezone(zone_named(zone))
    return f"{_DAYS[there.weekday()]} {there:%H:%M} {_place(zone)}"


def _window(window: TimeWindow) -> str:
    if window.start == window.end == "00:00":
        times = "all day"
    elif window.end > window.start:
        times = f"{window.start} to {window.end}"
    else:
        times = f"{window.start} to {window.end} on the next day"
    return f"{_days(window.days)}, {times} {_place(window.zone)}"


def _place(zone: str) -> str:
    return "UTC" if zone == "UTC" else f"in {zone.rsplit('/', 1)[-1].replace('_', ' ')}"


def _days(days: Sequence[int]) -> str:
    if len(days) == _EVERY_DAY:
        return "every day"
    names = [_DAYS[day - 1] for day in days]
    if len(days) >= _RANGE and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]} to {names[-1]}"
    return _joined(names, "and")


def _networks(networks: Sequence[str]) -> str:
    shown = [network.removesuffix("/32").removesuffix("/128") for network in networks]
    more = len(shown) - FEW_NETWORKS
    if more <= 0:
        return _joined(shown, "or")
    return f"{', '.join(shown[:FEW_NETWORKS])} or {more} more networks"


def _rate(conditions: Conditions) -> str:
    caps = [
        f"{_times(number)} a {unit}"
        for number, unit in (
            (conditions.max_reads_per_minute, "minute"),
            (conditions.max_reads_per_day, "UTC day"),
        )
        if number is not None
    ]
    return f"at most {' and '.join(caps)} for each secret"


def _time_to_live(conditions: Conditions) -> str:
    ends: list[str] = []
    if conditions.ttl_expires_at is not None:
        at = conditions.ttl_expires_at.astimezone(UTC)
        ends.append(f"at {at:%H:%M} UTC on {at.day} {at:%B %Y}")
    if conditions.ttl_max_reads is not None:
        ends.append(f"after {_times(conditions.ttl_max_reads, 'read', 'reads')}")
    which = ", whichever comes first" if len(ends) > 1 else ""
    return f"until each is permanently deleted, {' or '.join(ends)}{which}"


def _times(number: int, one: str = "time", many: str = "times") -> str:
    if number == 1:
        return "once" if one == "time" else f"one {one}"
    return f"{number:,} {many}"


def _duration(seconds: int) -> str:
    for size, unit in ((3600, "hour"), (60, "minute")):
        if seconds and seconds % size == 0:
            return f"{seconds // size} {unit}{'' if seconds == size else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def _joined(words: Sequence[str], last: str) -> str:
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"
