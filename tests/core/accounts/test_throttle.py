"""Requests of strangers are counted by network and route (A-10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from strongroom_core.accounts.throttle import admit
from strongroom_core.core import Core
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import TooMany
from strongroom_core.kernel.origin import Origin


def of(address: str) -> Origin:
    return Origin(address, "req_a")


async def test_twenty_a_minute(core: Core, clock: MovableClock) -> None:
    """A-10: the 21st in a minute is refused and told how long to wait; then it starts anew."""
    for _ in range(20):
        await admit(core, of("127.0.0.50"), "logIn")
    with pytest.raises(TooMany) as caught:
        await admit(core, of("127.0.0.50"), "logIn")

    assert caught.value.retry_after == pytest.approx(60, abs=1)
    clock.move(timedelta(minutes=1) - timedelta(microseconds=1))
    with pytest.raises(TooMany):
        await admit(core, of("127.0.0.50"), "logIn")
    clock.move(timedelta(microseconds=1))
    await admit(core, of("127.0.0.50"), "logIn")


async def test_routes_and_networks_are_counted_apart(core: Core, clock: MovableClock) -> None:
    """A-10: one route's strangers do not close another route, nor another network's door."""
    for _ in range(20):
        await admit(core, of("127.0.0.51"), "logIn")
    await admit(core, of("127.0.0.51"), "setUp")
    await admit(core, of("127.0.0.52"), "logIn")
    with pytest.raises(TooMany):
        await admit(core, of("127.0.0.51"), "logIn")


async def test_an_ipv6_network_counts_as_one(core: Core, clock: MovableClock) -> None:
    """A-10: the addresses of a /64 share their twenty; the neighbouring /64 has its own."""
    for last in range(20):
        await admit(core, of(f"2001:db8::{last:x}"), "logIn")
    with pytest.raises(TooMany):
        await admit(core, of("2001:db8::ffff:ffff:ffff:ffff"), "logIn")
    await admit(core, of("2001:db8:0:1::1"), "logIn")


async def test_the_count_is_exact_in_parallel(core: Core, clock: MovableClock) -> None:
    """A-10, H-3: of fifty at once, twenty pass."""
    results = await asyncio.gather(
        *(admit(core, of("127.0.0.53"), "logIn") for _ in range(50)), return_exceptions=True
    )

    assert sum(isinstance(result, TooMany) for result in results) == 30
