"""Unknown clients cause events, but can't flood the audit log (L-1)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import ACCOUNT_LOGIN
from strongroom_core.access.counters import count, give_back
from strongroom_core.core import Core
from strongroom_core.kernel.authority import Authority
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Refused, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.projects.create import create_project
from strongroom_testkit.people import visitor
from strongroom_testkit.world import World, entries_of


async def fail(core: Core, address: str) -> None:
    with pytest.raises(WrongCredentials):
        async with gate.perform(core, visitor(address), ACCOUNT_LOGIN):
            raise WrongCredentials


async def failures(core: Core) -> list[object]:
    return [entry["address"] for entry in await entries_of(core, INSTALLATION, "auth_failure")]


MINUTE, INSTANT = timedelta(minutes=1), timedelta(microseconds=1)


async def test_three_events_per_network_and_half_an_hour(core: Core, clock: MovableClock) -> None:
    """L-1: a network causes at most 3 events in 30 minutes, starting with the first event."""
    for _ in range(5):
        await fail(core, "127.0.0.20")
    within = await failures(core)
    clock.move(timedelta(minutes=30) - timedelta(microseconds=1))
    await fail(core, "127.0.0.20")
    at_the_edge = await failures(core)
    clock.move(timedelta(microseconds=1))
    for _ in range(5):
        await fail(core, "127.0.0.20")
    afterwards = await failures(core)

    assert within == ["127.0.0.20"] * 3
    assert at_the_edge == within
    assert afterwards == ["127.0.0.20"] * 6


async def test_networks_are_counted_separately(core: Core, clock: MovableClock) -> None:
    """L-1: one network that uses up its share doesn't affect the next."""
    for _ in range(5):
        await fail(core, "127.0.0.21")
    await fail(core, "127.0.0.22")

    assert await failures(core) == ["127.0.0.21"] * 3 + ["127.0.0.22"]


async def test_addresses_of_one_ipv6_network_are_counted_together(
    core: Core, clock: MovableClock
) -> None:
    """A-10, L-1: all 2^64 addresses of an IPv6 /64 count as one network; the next /64 is a separate one."""
    for last in range(5):
        await fail(core, f"2001:db8:0:1::{last}")
    await fail(core, "2001:db8:0:2::1")

    assert await failures(core) == [
        "2001:db8:0:1::0",
        "2001:db8:0:1::1",
        "2001:db8:0:1::2",
        "2001:db8:0:2::1",
    ]


async def test_an_event_of_an_unknown_client_has_no_actor(core: Core) -> None:
    """L-1: the event contains an address, a reason and a severity, but no actor."""
    await fail(core, "127.0.0.23")
    (entry,) = await entries_of(core, INSTALLATION, "auth_failure")

    assert (entry["severity"], entry["outcome"], entry["reason"]) == (
        "medium",
        "refused",
        "wrong_credentials",
    )
    assert (entry["actor_kind"], entry["actor_id"], entry["actor_name"]) == (
        "external",
        None,
        "unknown client",
    )


async def test_every_denial_of_a_user_is_logged(core: Core, world: World) -> None:
    """L-1: the limit applies to unknown clients only; every denial of a known user is logged."""
    powerless = replace(world.owner, authority=Authority("nobody", frozenset(), None))
    for _ in range(7):
        with pytest.raises(Refused):
            await create_project(core, powerless, name="billing")

    assert len(await world.entries("project_create")) == 7


async def test_counting_is_exact_however_many_race(core: Core, clock: MovableClock) -> None:
    """H-3: forty simultaneous attempts get forty different numbers in one window."""

    async def once() -> tuple[int, object]:
        async with core.database.transaction(INSTALLATION) as connection:
            counted = await count(connection, "test", timedelta(minutes=1), clock.now())
        return counted.count, counted.until

    counts = await asyncio.gather(*(once() for _ in range(40)))

    assert sorted(number for number, _ in counts) == list(range(1, 41))
    assert {until for _, until in counts} == {clock.now() + timedelta(minutes=1)}


async def test_a_window_has_a_fixed_length(core: Core, clock: MovableClock) -> None:
    """A-6: further attempts don't extend the window, and the reported wait is long enough."""
    start = clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        first = await count(connection, "test", timedelta(minutes=15), clock.now())
        clock.move(timedelta(minutes=14))
        second = await count(connection, "test", timedelta(minutes=15), clock.now())
        left = second.seconds_left(clock.now())
        clock.move(timedelta(seconds=left))
        third = await count(connection, "test", timedelta(minutes=15), clock.now())

    assert (first.count, second.count, third.count) == (1, 2, 1)
    assert second.until == first.until == start + timedelta(minutes=15)
    assert 60 <= left <= 61


@pytest.mark.parametrize(("further", "counted"), [(MINUTE, 2), (MINUTE + INSTANT, 1)])
async def test_a_window_of_the_future_begins_again(
    core: Core, clock: MovableClock, further: timedelta, counted: int
) -> None:
    """A-6: a window started by a clock that was ahead is ignored; another node's window stays in effect."""
    async with core.database.transaction(INSTALLATION) as connection:
        await count(connection, "test", timedelta(minutes=15), clock.now() + further)
        second = await count(connection, "test", timedelta(minutes=15), clock.now())
        third = await count(connection, "test", timedelta(minutes=15), clock.now())

    assert (second.count, third.count) == (counted, counted + 1)
    assert third.until <= clock.now() + timedelta(minutes=16)


@pytest.mark.parametrize(("microseconds", "told"), [(1, 1), (999_999, 1), (1_000_001, 2)])
async def test_the_wait_is_rounded_up(
    core: Core, clock: MovableClock, microseconds: int, told: int
) -> None:
    """A-10: Retry-After is in whole seconds, and never too short."""
    async with core.database.transaction(INSTALLATION) as connection:
        counted = await count(connection, "test", timedelta(microseconds=microseconds), clock.now())

    assert counted.seconds_left(clock.now()) == told


async def test_an_attempt_without_capacity_is_not_counted(core: Core, clock: MovableClock) -> None:
    """An attempt that the server has no capacity for isn't counted; the next one gets the same number."""
    async with core.database.transaction(INSTALLATION) as connection:
        await count(connection, "room", timedelta(minutes=1), clock.now())
        await count(connection, "other", timedelta(minutes=1), clock.now())
        await give_back(connection, "room")
        again = await count(connection, "room", timedelta(minutes=1), clock.now())
        other = await count(connection, "other", timedelta(minutes=1), clock.now())

    assert again.count == 1
    assert other.count == 2
