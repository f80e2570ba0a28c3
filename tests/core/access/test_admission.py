"""Admitting a signed request: its nonce, the network it came from, and its name in the audit log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.access.admission import KNOWN_GRAIN, NONCE_LIFETIME, know
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import AuthenticationFailed, NonceUsed, NotFound, Refused
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.lifecycle import disable_machine, rename_machine, revoke_machine
from strongroom_core.reading.export import export_secrets
from strongroom_core.reading.listing import list_granted
from strongroom_testkit.machine import REGISTERED_FROM, approved_machine
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from strongroom_core.db.connection import OpenConnection

MOMENT = timedelta(microseconds=1)


async def known(administrator: OpenConnection) -> list[Any]:
    """Return the networks and times of known pairs, except where machines registered."""
    rows = await administrator.fetch(
        "select network, verified_at from known_pair where network <> $1 order by 1",
        REGISTERED_FROM,
    )
    return [(row["network"], row["verified_at"]) for row in rows]


async def test_a_nonce_is_kept_while_its_request_is_valid(
    world: World, administrator: OpenConnection
) -> None:
    """R-3: a nonce is kept for ten minutes after the request's timestamp, in the machine's vault."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    await list_granted(world.core, caller)
    row = await administrator.fetchrow("select * from request_nonce")

    assert row is not None
    assert (row["vault"], row["identity"], row["nonce"], row["expires_at"]) == (
        world.person.vault,
        machine.id,
        caller.nonce,
        caller.signed_at + timedelta(minutes=10),
    )
    assert timedelta(minutes=10) == NONCE_LIFETIME


async def test_a_nonce_below_the_floor_is_spent(
    world: World, administrator: OpenConnection
) -> None:
    """R-3: once nonces are dropped, requests signed up to that second are rejected."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    for floor, good in ((caller.signed_at, False), (caller.signed_at - MOMENT, True)):
        await administrator.execute("update deployment set nonce_floor = $1", floor)
        if good:
            assert await list_granted(world.core, caller) == []
        else:
            with pytest.raises(NonceUsed):
                await list_granted(world.core, caller)


async def test_another_key_spends_no_nonce(world: World, administrator: OpenConnection) -> None:
    """M-1: the statement that stores the nonce also checks the signing key; an old key stores no nonce."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    with pytest.raises(AuthenticationFailed):
        await list_granted(world.core, replace(caller, public_key=bytes(32)))

    assert await administrator.fetchval("select count(*) from request_nonce") == 0
    assert await known(administrator) == []


async def test_a_network_is_noted_when_it_is_news(
    world: World, clock: MovableClock, administrator: OpenConnection
) -> None:
    """R-2: a network is recorded on the first request and again a day later, but not in between."""
    machine = await approved_machine(world)
    first = clock.now()
    await list_granted(world.core, await machine.caller(world))
    clock.move(KNOWN_GRAIN)
    await list_granted(world.core, await machine.caller(world))
    within = await known(administrator)
    clock.move(MOMENT)
    await list_granted(world.core, await machine.caller(world))
    later = await known(administrator)
    await list_granted(world.core, await machine.caller(world, address="2001:db8::7"))

    assert timedelta(days=1) == KNOWN_GRAIN
    assert within == [("127.0.0.20", first)]
    assert later == [("127.0.0.20", first + KNOWN_GRAIN + MOMENT)]
    assert [network for network, _ in await known(administrator)] == ["127.0.0.20", "2001:db8::/64"]


async def test_a_denied_machine_does_not_become_known(
    world: World, administrator: OpenConnection
) -> None:
    """R-2: a network becomes known only for a machine that is allowed to act."""
    machine = await approved_machine(world)
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(Refused):
        await list_granted(world.core, await machine.caller(world))

    assert await known(administrator) == []


async def test_the_recorded_time_never_moves_back(
    world: World, administrator: OpenConnection
) -> None:
    """R-2: the recorded time doesn't move back, even if the request that began first commits last."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    now = world.core.clock.now()
    pairs = {(caller.vault, caller.id, caller.origin.network)}
    for at in (now, now - timedelta(minutes=1)):
        async with world.core.database.transaction(world.person.vault) as connection:
            await know(connection, pairs, at)

    assert await known(administrator) == [("127.0.0.20", now)]
    async with world.core.database.transaction(world.person.vault) as connection:
        await know(connection, pairs, now - timedelta(minutes=1) - MOMENT)

    # A recorded time that is further ahead came from a wrong clock, so it is replaced.
    assert await known(administrator) == [("127.0.0.20", now - timedelta(minutes=1) - MOMENT)]


async def test_pairs_are_noted_once_each(world: World, administrator: OpenConnection) -> None:
    """R-2: a batch can contain the same pair more than once, and machines that no longer exist."""
    machine, gone = await approved_machine(world), await approved_machine(world, "web-2")
    caller, lost = await machine.caller(world), await gone.caller(world)
    elsewhere = replace(caller, origin=Origin("127.0.0.3", "req_x"))
    await revoke_machine(world.core, world.owner, str(gone.id))
    now = world.core.clock.now()
    proved = [
        (each.vault, each.id, each.origin.network) for each in (caller, elsewhere, caller, lost)
    ]
    async with world.core.database.transaction(world.person.vault) as connection:
        await know(connection, proved, now)

    assert await known(administrator) == [("127.0.0.20", now), ("127.0.0.3", now)]


async def test_a_denial_has_the_machines_current_name(world: World) -> None:
    """L-1: an event contains the actor's name at that moment, whether the request was allowed or denied."""
    machine = await approved_machine(world)
    await rename_machine(world.core, world.owner, str(machine.id), name="renamed")
    with pytest.raises(NotFound):
        await export_secrets(world.core, await machine.caller(world), project="proj_nothing")
    await export_secrets(world.core, await machine.caller(world))
    denied, done = [
        await world.entries(action) for action in ("secret_read_denied", "secrets_export")
    ]
    entries = [*denied, *done]

    assert [(e["outcome"], e["actor_kind"], e["actor_id"], e["actor_name"]) for e in entries] == [
        ("refused", "machine", str(machine.id), "renamed"),
        ("done", "machine", str(machine.id), "renamed"),
    ]


async def test_other_failures_spend_the_nonce_too(world: World) -> None:
    """R-3: even a request that failed for another reason can't be replayed."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    with pytest.raises(NotFound):
        await export_secrets(world.core, caller, project="proj_nothing")
    with pytest.raises(NonceUsed):
        await list_granted(world.core, caller)
