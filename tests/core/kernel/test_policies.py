"""Policies, compared with a separate implementation that looks at every read so far (P-1, P-2)."""

# ruff: noqa: DTZ001, TID251 -- local times of zones, and cases that can be repeated

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from zoneinfo import ZoneInfo

import pytest

from strongroom_core.kernel.errors import Axis, Invalid, RateCapped
from strongroom_core.kernel.policies import (
    Attempt,
    Conditions,
    Use,
    count_read,
    refuse_any,
    require_valid,
    rotates_now,
    stored_conditions,
)
from strongroom_core.kernel.policy_words import sentence_of

SAMPLE, ALL = 2_000, int(os.environ.get("STRONGROOM_CASES", "100000"))
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
MACHINES = ("machine-a", "machine-b", "co-signer")
ADDRESSES = ("10.20.4.18", "10.44.1.1", "192.0.2.7", "2001:db8::7", "::ffff:10.20.0.1", "nonsense")
NETWORKS = ("10.20.0.0/16", "10.44.0.0/21", "2001:db8::/32", "192.0.2.7/32")
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
CHANGES = (
    *(datetime(2027, 3, 28, 1), datetime(2027, 10, 31, 1), datetime(2027, 3, 14, 7)),
    *(datetime(2027, 11, 7, 6), datetime(2027, 4, 3, 15), datetime(2026, 12, 31, 23, 59, 59)),
)
"""Times in UTC near which zones change their clocks, or a day ends."""


@dataclass(frozen=True)
class Read:
    """A delivered read."""

    machine: str
    at: datetime
    version: int


def oracle(
    conditions: Conditions, reads: list[Read], machine: str, address: str, now: datetime
) -> str | None:
    """Return the reason for a denial, from all delivered reads so far."""
    if conditions.time_window_enabled and not is_in_window(conditions, now):
        return "policy_time"
    if conditions.ip_allowlist_enabled and not is_in_networks(conditions, address):
        return "policy_ip"
    if conditions.co_sign_enabled and machine != conditions.co_sign_machine_id:
        within = timedelta(seconds=conditions.co_sign_window_seconds or 0)
        signed = [read for read in reads if read.machine == conditions.co_sign_machine_id]
        if not any(now - read.at <= within for read in signed):
            return "policy_cosign"
    if conditions.rate_cap_enabled:
        for form, most in (
            ("%Y-%m-%d", conditions.max_reads_per_day),
            ("%Y-%m-%d %H:%M", conditions.max_reads_per_minute),
        ):
            same = [read for read in reads if f"{read.at:{form}}" == f"{now:{form}}"]
            if most is not None and len(same) >= most:
                return "policy_rate"
    if conditions.ttl_enabled:
        ends, most = conditions.ttl_expires_at, conditions.ttl_max_reads
        if (ends is not None and now >= ends) or (most is not None and len(reads) >= most):
            return "policy_ttl"
    return None


def rotates(conditions: Conditions, reads: list[Read]) -> bool:
    """Return whether the last read's version is the newest one read, and has been read often enough."""
    last, most = reads[-1].version, conditions.rotate_after_reads
    first = next(n for n, read in enumerate(reads) if read.version == max(r.version for r in reads))
    counted = [read for read in reads[first:] if read.version == last]
    is_newest = last == max(read.version for read in reads)
    return conditions.rotate_enabled and most is not None and is_newest and len(counted) >= most


def is_in_window(conditions: Conditions, now: datetime) -> bool:
    """Return whether a window is open according to the weekday and time on a clock in its time zone."""
    start, end = conditions.time_window_start or "", conditions.time_window_end or ""
    zone = ZoneInfo(conditions.time_window_timezone or "UTC")
    for ago in range(3):
        day = (now.astimezone(zone) - timedelta(days=ago)).date()
        if day.isoweekday() not in conditions.time_window_days:
            continue
        last = day if end > start else day + timedelta(days=1)
        if when(f"{day} {start}", zone) <= now < when(f"{last} {end}", zone):
            return True
    return False


def when(shown: str, zone: ZoneInfo) -> datetime:
    """Return when a clock in the zone shows this time, or would have shown it without a gap."""
    local = datetime.fromisoformat(shown)
    at = local.replace(tzinfo=UTC) - timedelta(hours=15)
    before = at.astimezone(zone).utcoffset() or timedelta()
    fits = [
        moment
        for offset in {
            (at + timedelta(hours=hours)).astimezone(zone).utcoffset() or timedelta()
            for hours in range(31)
        }
        if (moment := local.replace(tzinfo=UTC) - offset).astimezone(zone).replace(tzinfo=None)
        == local
    ]
    return min(fits) if fits else local.replace(tzinfo=UTC) - before


def is_in_networks(conditions: Conditions, address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return any(
        int(mapped) in range(int(net[0]), int(net[-1]) + 1)
        for net in map(ip_network, conditions.ip_allowlist_cidrs)
        if net.version == mapped.version
    )


def conditions_from(draw: random.Random, around: datetime) -> Conditions:
    start, end = (f"{draw.randrange(24):02}:{draw.choice((0, 30, 59)):02}" for _ in range(2))
    return Conditions(
        time_window_enabled=draw.random() < 0.3,
        time_window_start=start,
        time_window_end=end,
        time_window_timezone=draw.choice(ZONES),
        time_window_days=sorted(draw.sample(range(1, 8), draw.randrange(1, 8))),
        ip_allowlist_enabled=draw.random() < 0.3,
        ip_allowlist_cidrs=draw.sample(NETWORKS, draw.randrange(1, 4)),
        co_sign_enabled=draw.random() < 0.3,
        co_sign_machine_id="co-signer",
        co_sign_window_seconds=draw.choice((1, 60, 3600)),
        rate_cap_enabled=draw.random() < 0.4,
        max_reads_per_minute=draw.choice((1, 2, 3)),
        max_reads_per_day=draw.choice((None, 2, 5)),
        ttl_enabled=draw.random() < 0.4,
        ttl_expires_at=draw.choice((None, around + timedelta(seconds=draw.randrange(-5, 90)))),
        ttl_max_reads=draw.choice((None, 1, 2, 4)),
        rotate_enabled=draw.random() < 0.5,
        rotate_after_reads=draw.choice((None, 1, 2, 3)),
    )


def compare(cases: int, seed: int) -> dict[str | None, int]:
    """Decide this many reads both ways. Reads arrive in batches and in order, with their counts kept."""
    draw = random.Random(seed)
    seen: dict[str | None, int] = {}
    rotations = 0
    done = 0
    while done < cases:
        at = draw.choice(CHANGES).replace(tzinfo=UTC) + timedelta(
            seconds=draw.choice((0, draw.randrange(-7200, 7200), draw.randrange(-200_000, 200_000)))
        )
        conditions = conditions_from(draw, at)
        stored = stored_conditions(conditions.to_json())
        use, reads, newest, rotated = Use(), list[Read](), 1, set[int]()

        assert stored is not None
        assert stored == conditions

        for _ in range(draw.randrange(1, 25)):
            at += timedelta(seconds=draw.choice((0, 0, 0.001, 1, 20, 59.999, 60, 3600)))
            machine, address = draw.choice(MACHINES), draw.choice(ADDRESSES)
            newest += draw.random() < 0.1
            # A batch that began before the newest version was written delivers the one before.
            version = max(1, newest - (draw.random() < 0.1))
            attempt = Attempt(machine, address, at, version)
            refusal = refuse_any(stored, use, attempt)
            told = None if refusal is None else refusal.logged_as
            expected = oracle(conditions, reads, machine, address, at)

            assert told == expected, (conditions, reads, attempt)

            if refusal is None:
                last = count_read(stored, use, attempt)
                reads.append(Read(machine, at, version))
                most = conditions.ttl_max_reads if conditions.ttl_enabled else None

                assert last is (most is not None and len(reads) >= most)

                due = rotates(conditions, reads) and version not in rotated

                assert rotates_now(stored, use, attempt) is due

                rotations += due
                rotated |= {version} if due else set()

            seen[told] = seen.get(told, 0) + 1
            done += 1
    assert rotations
    return seen


def test_policies_decide_like_the_oracle() -> None:
    """P-2: both implementations decide every read alike; each condition but rotation denies some reads."""
    assert set(compare(SAMPLE, 1)) == {
        None,
        *(axis.value for axis in Axis if axis is not Axis.ROTATE),
    }


@pytest.mark.prove
def test_policies_decide_like_the_oracle_in_100_000_cases() -> None:
    """P-2: both implementations decide 100,000 reads alike."""
    seen = compare(ALL, 2)
    print(f"\n{sum(seen.values()):,} reads, 0 differences: {seen}")

    assert sum(seen.values()) >= ALL


def test_minutes_do_not_go_back() -> None:
    """P-2: a node whose clock is a little behind counts reads in the minute that has begun elsewhere."""
    conditions = Conditions(rate_cap_enabled=True, max_reads_per_minute=1)
    use, minute = Use(), NOW.replace(second=0, microsecond=0)
    count_read(conditions, use, Attempt("a", "", minute))

    late = minute - timedelta(milliseconds=5)
    refusal = refuse_any(conditions, use, Attempt("a", "", late))
    assert isinstance(refusal, RateCapped)
    assert refusal.retry_after == 61
    wrong = minute - timedelta(hours=1)
    assert refuse_any(conditions, use, Attempt("a", "", wrong)) is None


@pytest.mark.parametrize(
    ("conditions", "seconds"),
    [
        (Conditions(rate_cap_enabled=True, max_reads_per_minute=1), 60),
        (Conditions(rate_cap_enabled=True, max_reads_per_day=1), 43_200),
        (Conditions(rate_cap_enabled=True, max_reads_per_day=1, max_reads_per_minute=1), 43_200),
    ],
)
def test_retry_after_is_when_the_next_read_is_allowed(conditions: Conditions, seconds: int) -> None:
    """P-2: a denied reader gets the value after waiting for the time in the error."""
    use = Use()
    count_read(conditions, use, Attempt("a", "", NOW))
    refusal = refuse_any(conditions, use, Attempt("a", "", NOW))

    assert isinstance(refusal, RateCapped)
    assert refusal.retry_after == seconds
    later = NOW + timedelta(seconds=seconds)
    assert refuse_any(conditions, use, Attempt("a", "", later)) is None
    assert refuse_any(conditions, use, Attempt("a", "", later - timedelta(seconds=1))) is not None


def test_without_counts_everything_that_counts_is_denied() -> None:
    """P-2: if the counts are gone, the read is denied, because the secret has just been deleted."""
    attempt = Attempt("a", "", NOW)
    counted = Conditions(rate_cap_enabled=True, max_reads_per_minute=1)
    open_all_day = Conditions(
        time_window_enabled=True,
        time_window_start="00:00",
        time_window_end="00:00",
        time_window_timezone="UTC",
        time_window_days=[1, 2, 3, 4, 5, 6, 7],
    )

    assert refuse_any(Conditions(ttl_max_reads=5), None, attempt)
    assert refuse_any(counted, None, attempt)
    assert refuse_any(open_all_day, None, attempt) is None


SENTENCES = [
    (Conditions(), "without conditions"),
    (Conditions(ttl_max_reads=3, ttl_enabled=False), "without conditions"),
    (
        Conditions(
            time_window_enabled=True,
            time_window_start="06:00",
            time_window_end="20:00",
            time_window_timezone="Europe/Berlin",
            time_window_days=[1, 2, 3, 4, 5],
            ip_allowlist_enabled=True,
            ip_allowlist_cidrs=["10.20.0.0/16", "10.44.0.0/21"],
            co_sign_enabled=True,
            co_sign_machine_id="x",
            co_sign_window_seconds=300,
            rate_cap_enabled=True,
            max_reads_per_minute=30,
        ),
        (
            "Monday to Friday, 06:00 to 20:00 in Berlin, from 10.20.0.0/16 or 10.44.0.0/21, within 5 minutes"
            " of approver reading the same secret, at most 30 times a minute for each secret"
        ),
    ),
    (
        Conditions(
            time_window_enabled=True,
            time_window_start="22:00",
            time_window_end="06:00",
            time_window_timezone="UTC",
            time_window_days=[1, 3],
            ip_allowlist_enabled=True,
            ip_allowlist_cidrs=["192.0.2.1/32"],
            rate_cap_enabled=True,
            max_reads_per_minute=1,
            max_reads_per_day=1000,
            ttl_max_reads=1,
            ttl_expires_at=datetime(2027, 3, 5, 12, tzinfo=UTC),
        ),
        (
            "Monday and Wednesday, 22:00 to 06:00 on the next day UTC, from 192.0.2.1, at most once a"
            " minute and 1,000 times a UTC day for each secret, until each is permanently deleted, at 12:00"
            " UTC on 5 March 2027 or after one read, whichever comes first"
        ),
    ),
    (Conditions(rotate_after_reads=3, rotate_enabled=False), "without conditions"),
    (
        Conditions(rotate_after_reads=100),
        "without conditions. Each is rotated after 100 reads of a version",
    ),
    (
        Conditions(ttl_max_reads=9, rotate_after_reads=1),
        (
            "until each is permanently deleted, after 9 reads."
            " Each is rotated after one read of a version"
        ),
    ),
]


@pytest.mark.parametrize(("conditions", "said"), SENTENCES)
def test_policies_in_words(conditions: Conditions, said: str) -> None:
    """P-1: one sentence describes all conditions that are on."""
    assert sentence_of(conditions, "approver") == f"These secrets can be read {said}."


WRONG = [
    ({"time_window_enabled": True}, "timeWindowStart"),
    ({"time_window_start": "06:00"}, "timeWindowStart"),
    ({"ip_allowlist_enabled": True}, "ipAllowlistCidrs"),
    ({"ip_allowlist_cidrs": ["10.0.0.1/8"]}, "ipAllowlistCidrs"),
    ({"rate_cap_enabled": True}, "maxReadsPerMinute"),
    ({"max_reads_per_minute": 0}, "maxReadsPerMinute"),
    ({"max_reads_per_day": 10_000_001}, "maxReadsPerDay"),
    ({"co_sign_enabled": True, "co_sign_window_seconds": 1}, "coSignMachineId"),
    ({"co_sign_enabled": True, "co_sign_machine_id": "web-1"}, "coSignWindowSeconds"),
    ({"co_sign_machine_id": "web-1"}, "coSignMachineId"),
    ({"co_sign_window_seconds": 86_401}, "coSignWindowSeconds"),
    ({"ttl_max_reads": 0}, "ttlMaxReads"),
    ({"rotate_after_reads": 0}, "rotateAfterReads"),
    ({"ttl_expires_at": NOW}, "ttlExpiresAt"),
    ({"ttl_expires_at": datetime(2028, 1, 1)}, "ttlExpiresAt"),
]


@pytest.mark.parametrize(("given", "field"), WRONG)
def test_wrong_conditions_name_their_field(given: dict[str, object], field: str) -> None:
    """P-1: incomplete and impossible settings are rejected, whether or not the condition is on."""
    with pytest.raises(Invalid) as invalid:
        require_valid(Conditions(**given), now=NOW)  # pyright: ignore[reportArgumentType]

    assert invalid.value.field == field
