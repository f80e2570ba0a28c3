"""Failed authentications are counted per address; three lock it out for half an hour (R-2)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import AuthenticationFailed
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.authenticate import refuse_malformed
from strongroom_core.machines.failures import locked_until, note_failure
from strongroom_testkit.machine import approved_machine
from strongroom_testkit.world import World, entries_of

HERE = Origin("127.0.3.1", "req_1")


async def fail(core: Core, origin: Origin = HERE, times: int = 1) -> None:
    """Fail to authenticate without naming a machine."""
    for _ in range(times):
        await note_failure(core, origin, None, "malformed_headers")


async def recorded(core: Core, action: str) -> int:
    """Return the number of events of this kind in the installation's log."""
    return len(await entries_of(core, INSTALLATION, action))


async def test_three_lock_for_half_an_hour(core: Core, clock: MovableClock) -> None:
    """R-2: the third failure locks the address, from that moment and for exactly half an hour."""
    await fail(core, times=2)

    assert await locked_until(core, HERE) is None
    clock.move(timedelta(minutes=4))
    await fail(core)
    assert clock.now() + timedelta(minutes=30) == await locked_until(core, HERE)
    clock.move(timedelta(minutes=30) - timedelta(microseconds=1))
    assert await locked_until(core, HERE) is not None
    clock.move(timedelta(microseconds=1))
    assert await locked_until(core, HERE) is None


async def test_five_minutes_are_counted_together(core: Core, clock: MovableClock) -> None:
    """R-2: three failures within 5 minutes lock an address; after that, a new window starts."""
    await fail(core, times=2)
    clock.move(timedelta(minutes=5))
    await fail(core, times=2)

    assert await locked_until(core, HERE) is None
    await fail(core)
    assert await locked_until(core, HERE) is not None


async def test_after_the_lock_everything_is_forgotten(core: Core, clock: MovableClock) -> None:
    """R-2: after a lockout, three attempts are possible again."""
    await fail(core, times=3)
    clock.move(timedelta(minutes=30))
    await fail(core, times=2)

    assert await locked_until(core, HERE) is None
    await fail(core)
    assert clock.now() + timedelta(minutes=30) == await locked_until(core, HERE)


async def test_a_lockout_from_the_future_is_ignored(core: Core, clock: MovableClock) -> None:
    """R-2: a future lockout, due to a fast clock, is ignored, and three failures lock as usual."""
    clock.jump(timedelta(days=40))
    await fail(core, times=3)
    await fail(core, Origin("127.0.3.77", "req_1"), times=2)
    clock.jump(-timedelta(days=40))

    assert await locked_until(core, HERE) is None
    await fail(core, times=2)
    await fail(core, Origin("127.0.3.77", "req_1"), times=2)

    assert await locked_until(core, HERE) is None
    assert await locked_until(core, Origin("127.0.3.77", "req_1")) is None
    await fail(core)

    assert clock.now() + timedelta(minutes=30) == await locked_until(core, HERE)


async def test_failures_do_not_prolong_a_lockout(core: Core, clock: MovableClock) -> None:
    """R-2: a lockout ends on time, no matter how many failures occur during it."""
    await fail(core, times=3)
    until = await locked_until(core, HERE)
    for _ in range(5):
        clock.move(timedelta(minutes=5))
        await fail(core, times=4)

    assert until == await locked_until(core, HERE)


async def test_events_of_unknown_clients_are_limited(core: Core, clock: MovableClock) -> None:
    """L-1: a lockout causes three failure events and one lockout event, no matter what happens during it."""
    for _ in range(5):
        await fail(core, times=10)
        clock.move(timedelta(minutes=5, seconds=30))

    assert (3, 1) == (await recorded(core, "auth_failure"), await recorded(core, "lockout_started"))


async def test_simultaneous_failures_are_counted_exactly(core: Core) -> None:
    """R-2: 20 simultaneous failures cause one lockout, three failure events and one lockout event."""
    await asyncio.gather(*(fail(core) for _ in range(20)))

    assert await locked_until(core, HERE) is not None
    assert (3, 1) == (await recorded(core, "auth_failure"), await recorded(core, "lockout_started"))


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("127.0.3.1", "127.0.3.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
    ],
)
async def test_an_address_is_a_network(core: Core, one: str, other: str, together: bool) -> None:
    """R-2: the unit is an IPv4 address, or the /64 around an IPv6 address."""
    await fail(core, Origin(one, "req_1"), times=3)

    assert together == (await locked_until(core, Origin(other, "req_2")) is not None)


async def test_a_lockout_is_logged_in_the_vault_of_the_machine(core: Core, world: World) -> None:
    """L-1: the failure that locks an address is logged along with the lockout, in the machine's vault."""
    machine = await approved_machine(world)
    for _ in range(4):
        await note_failure(core, HERE, (machine.id, world.person.vault), "bad_signature")
    (entry,) = await world.entries("lockout_started")

    assert (str(machine.id), "127.0.3.1", "high") == tuple(
        entry[name] for name in ("target_id", "address", "severity")
    )
    assert 3 == len(await world.entries("auth_failure"))


async def test_malformed_headers_count(core: Core) -> None:
    """WIRE 1 (1): a request with malformed headers counts like any other failure."""
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            await refuse_malformed(core, HERE)

    assert await locked_until(core, HERE) is not None
    assert 3 == await recorded(core, "auth_failure")


async def test_a_locked_address_causes_no_queries(core: Core, clock: MovableClock) -> None:
    """R-2: an address that keeps failing causes no database queries, except one a minute."""
    await fail(core, times=3)
    until = await locked_until(core, HERE)
    away = replace(core, database=None)  # pyright: ignore[reportArgumentType]
    for _ in range(100):
        assert until == await note_failure(away, HERE, None, "malformed_headers")
        assert until == await locked_until(away, HERE)
    clock.move(timedelta(minutes=1))
    with pytest.raises(AttributeError):
        await locked_until(away, HERE)


async def test_cached_lockouts_are_dropped_when_the_clock_is_corrected(
    core: Core, clock: MovableClock, administrator: OpenConnection
) -> None:
    """R-2: lockouts that were cached while the clock was far ahead are dropped once it is right."""
    clock.move(timedelta(days=40))
    await fail(core, times=3)
    clock.move(timedelta(days=-40))
    await administrator.execute("delete from lockout")

    assert await locked_until(core, HERE) is None
