"""Requests from unknown clients are counted per network and route (A-10)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
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
    """A-10: the 21st request in a minute is rejected with a time to wait, after which a new minute starts."""
    for _ in range(20):
        await admit(core, of("127.0.0.50"), "signIn")
    with pytest.raises(TooMany) as caught:
        await admit(core, of("127.0.0.50"), "signIn")

    assert caught.value.retry_after == pytest.approx(60, abs=1)
    clock.move(timedelta(minutes=1) - timedelta(microseconds=1))
    with pytest.raises(TooMany):
        await admit(core, of("127.0.0.50"), "signIn")
    clock.move(timedelta(microseconds=1))
    await admit(core, of("127.0.0.50"), "signIn")


async def test_routes_and_networks_are_counted_separately(core: Core, clock: MovableClock) -> None:
    """A-10: neither other routes nor other networks are affected."""
    for _ in range(20):
        await admit(core, of("127.0.0.51"), "signIn")
    await admit(core, of("127.0.0.51"), "setUp")
    await admit(core, of("127.0.0.52"), "signIn")
    with pytest.raises(TooMany):
        await admit(core, of("127.0.0.51"), "signIn")


async def test_an_ipv6_network_counts_as_one(core: Core, clock: MovableClock) -> None:
    """A-10: the addresses of a /64 share twenty requests; the neighboring /64 has its own."""
    for last in range(20):
        await admit(core, of(f"2001:db8::{last:x}"), "signIn")
    with pytest.raises(TooMany):
        await admit(core, of("2001:db8::ffff:ffff:ffff:ffff"), "signIn")
    await admit(core, of("2001:db8:0:1::1"), "signIn")


async def test_the_count_is_exact_in_parallel(core: Core, clock: MovableClock) -> None:
    """A-10, H-3: of fifty simultaneous requests, twenty are accepted."""
    results = await asyncio.gather(
        *(admit(core, of("127.0.0.53"), "signIn") for _ in range(50)), return_exceptions=True
    )

    assert sum(isinstance(result, TooMany) for result in results) == 30


async def test_a_limited_network_costs_no_query(core: Core, clock: MovableClock) -> None:
    """A-10: after twenty requests, a network is rejected without a query until the minute ends."""
    for _ in range(20):
        await admit(core, of("127.0.0.54"), "signIn")
    with pytest.raises(TooMany):
        await admit(core, of("127.0.0.54"), "signIn")
    away = replace(core, database=None)  # pyright: ignore[reportArgumentType]
    clock.move(timedelta(seconds=30))
    with pytest.raises(TooMany) as caught:
        await admit(away, of("127.0.0.54"), "signIn")

    assert 31 == caught.value.retry_after
    clock.move(timedelta(seconds=30))
    await admit(core, of("127.0.0.54"), "signIn")
