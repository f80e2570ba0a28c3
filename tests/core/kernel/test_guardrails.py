"""Guardrails, compared with a separate implementation: slow, minute by minute, without UTC (M-7)."""

# ruff: noqa: DTZ001, TID251 -- local times of zones, and cases that can be repeated

from __future__ import annotations

import importlib.resources
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from zoneinfo import ZoneInfo

import pytest

from strongroom_core.kernel.errors import Guardrail, Invalid
from strongroom_core.kernel.guardrails import Guardrails, failing_guardrail, require_guardrails
from strongroom_core.kernel.networks import covers, require_networks
from strongroom_core.kernel.time_windows import TimeWindow, is_open, zone_named, zone_names

SAMPLE = 3_000
ZONES = (
    *("Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "Pacific/Apia"),
    *("Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati", "Etc/GMT+12", "UTC"),
    *("America/Santiago", "Asia/Beirut", "Atlantic/Azores", "America/Havana"),
)
CHANGES = (
    *(datetime(2027, 3, 28, 1), datetime(2027, 10, 31, 1), datetime(2027, 3, 14, 7)),
    *(datetime(2027, 11, 7, 6), datetime(2027, 4, 3, 15), datetime(2027, 4, 30, 22)),
    *(datetime(2027, 9, 5, 4), datetime(2027, 3, 27, 22), datetime(2027, 11, 7, 5)),
)
"""Times in UTC near which some of the zones change their clocks."""


@cache
def zone_of(name: str) -> ZoneInfo:
    """Return a zone of the package `tzdata`. The host's files can have other rules."""
    with importlib.resources.files("tzdata").joinpath(f"zoneinfo/{name}").open("rb") as file:
        return ZoneInfo.from_file(file)


def spans(window: TimeWindow, around: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the windows that the separate implementation finds near a time, from local calendars.

    A local time's moment is found by trying every minute of two days for the first at which the zone's clock
    shows it; if no clock ever does, the offset from before the gap applies.
    """
    zone = zone_of(window.zone)
    for ago in range(-3, 3):
        day = (around.astimezone(zone) + timedelta(days=ago)).date()
        if day.isoweekday() not in window.days:
            continue
        starts = datetime.fromisoformat(f"{day} {window.start}")
        ends = datetime.fromisoformat(f"{day} {window.end}")
        if ends <= starts:
            ends += timedelta(days=1)
        yield moment_of(starts, zone), moment_of(ends, zone)


def moment_of(local: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment at which the zone's clock shows a local time, or would if there were no gap."""
    candidates = {
        offset
        for hours in range(-36, 37)
        if (
            offset := (local.replace(tzinfo=UTC) + timedelta(hours=hours))
            .astimezone(zone)
            .utcoffset()
        )
    } | {timedelta()}
    fitting = [
        at
        for offset in candidates
        if (at := local.replace(tzinfo=UTC) - offset).astimezone(zone).replace(tzinfo=None) == local
    ]
    if fitting:
        return min(fitting)
    before = max(
        (local.replace(tzinfo=UTC) - offset for offset in candidates),
        key=lambda at: at.astimezone(zone).replace(tzinfo=None),
    )
    offset = (before - timedelta(days=1)).astimezone(zone).utcoffset()
    assert offset is not None
    return local.replace(tzinfo=UTC) - offset


def window_of(draw: random.Random) -> TimeWindow:
    def clock() -> str:
        return f"{draw.choice((0, 1, 2, 3, draw.randrange(24))):02}:{draw.choice((0, 30, 59)):02}"

    days = draw.sample(range(1, 8), draw.randint(1, 7))
    return TimeWindow(start=clock(), end=clock(), zone=draw.choice(ZONES), days=days)


def address_of(draw: random.Random) -> tuple[str, str]:
    """Return an address in a form that a client can have, and in its canonical form."""
    v4 = f"10.{draw.randrange(4)}.{draw.randrange(4)}.{draw.randrange(256)}"
    v6 = f"2001:db8:{draw.randrange(4):x}::{draw.randrange(16):x}"
    return draw.choice(
        (
            (v4, v4),
            (f"::ffff:{v4}", v4),
            (v6, v6),
            (f"fe80::{draw.randrange(4)}%eth0", f"fe80::{draw.randrange(4)}"),
            ("local", ""),
        )
    )


def network_of(draw: random.Random) -> str:
    v4 = f"10.{draw.randrange(4)}.0.0/16"
    return draw.choice(
        (v4, "10.0.0.0/14", "2001:db8::/48", "2001:db8:1::/48", "::ffff:10.1.0.0/112")
    )


def is_in(plain: str, networks: list[str]) -> bool:
    """Compare prefixes as strings of bits."""
    if not plain:
        return False

    def bits(text: str) -> str:
        address = ip_address(text)
        mapped = getattr(address, "ipv4_mapped", None)
        address = mapped if mapped is not None else address
        return ("4:" if address.version == 4 else "6:") + format(
            int(address), f"0{address.max_prefixlen}b"
        )

    for network in networks:
        base, _, length = network.partition("/")
        kept = int(length) - (96 if base.startswith("::ffff:") else 0)
        if bits(plain)[: 2 + kept] == bits(base)[: 2 + kept]:
            return True
    return False


def compare(seed: int, cases: int) -> list[str]:
    draw, wrong = random.Random(seed), list[str]()
    for _ in range(cases):
        window = window_of(draw)
        now = draw.choice(CHANGES).replace(tzinfo=UTC) + timedelta(
            minutes=draw.randint(-3000, 3000), seconds=draw.choice((0, 0, 59))
        )
        address, plain = address_of(draw)
        if "%" in address:
            plain = address.partition("%")[0]
        networks = [network_of(draw) for _ in range(draw.randint(0, 2))]
        country, countries = (
            draw.choice(("NO", "SE", None)),
            draw.choice(([], ["NO"], ["SE", "FI"])),
        )
        guardrails = Guardrails(
            cidrs=networks, countries=countries, window=draw.choice((window, None))
        )
        expected = None
        if networks and not is_in(plain, networks):
            expected = Guardrail.ADDRESS
        elif countries and country not in countries:
            expected = Guardrail.COUNTRY
        elif guardrails.window and not any(a <= now < b for a, b in spans(window, now)):
            expected = Guardrail.TIME
        found = failing_guardrail(
            require_guardrails(guardrails), address=address, country=country, now=now
        )
        if found != expected:
            wrong.append(
                f"{guardrails} at {now} from {address}, {country}: {found}, not {expected}"
            )
    return wrong


def test_guardrails_agree_with_the_separate_implementation() -> None:
    """M-7: both agree on gaps, folds, windows past midnight, unusual addresses and unknown countries."""
    assert compare(1, SAMPLE) == []


@pytest.mark.prove
def test_guardrails_agree_in_100_000_cases() -> None:
    """M-7: both implementations agree on 100,000 cases."""
    assert compare(2, 100_000) == []


def test_a_window_opens_once_on_a_day_with_a_repeated_hour() -> None:
    """M-7: on October 31, 2027, 02:00 to 03:00 occurs twice in Oslo; the first one counts."""
    window = TimeWindow(start="02:15", end="02:45", zone="Europe/Oslo", days=[7])
    opened = [
        minute
        for minute in range(240)
        if is_open(window, datetime(2027, 10, 31, tzinfo=UTC) + timedelta(minutes=minute))
    ]

    assert opened == list(range(15, 45))


def test_zones_come_from_the_package() -> None:
    """M-7: every node and every host has the same zones; others are invalid."""
    assert {"Europe/Oslo", "UTC", "Asia/Kathmandu"} <= zone_names()
    assert str(zone_named("Europe/Oslo")) == "Europe/Oslo"
    for name in ("../../etc/passwd", "europe/oslo", "localtime", ""):
        with pytest.raises(KeyError):
            zone_named(name)


def test_networks_are_canonical() -> None:
    """M-5: single addresses and mapped networks are valid; host bits and names aren't, and aren't quoted."""
    assert ["10.0.0.7/32", "10.1.0.0/16", "2001:db8::/32"] == require_networks(
        ["10.0.0.7", "::ffff:10.1.0.0/112", "2001:DB8::/32", "10.0.0.7/32"], field="cidrs"
    )
    assert covers(["0.0.0.0/0"], "::ffff:1.2.3.4")
    assert not covers(["::/0"], "1.2.3.4")
    for text in ("10.0.0.1/8", "example.com", "10.0.0.0/33", "fe80::1%eth0/64", ""):
        with pytest.raises(Invalid) as invalid:
            require_networks([text], field="cidrs")
        assert not text or text not in invalid.value.message
