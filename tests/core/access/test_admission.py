"""Admitting a signed request: its nonce, what is noted of its network, and its name in the record."""

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
from strongroom_core.secrets.export import export_secrets
from strongroom_core.secrets.machine_lists import list_granted
from strongroom_testkit.machine import REGISTERED_FROM, approved_machine
from strongroom_testkit.world import World

if TYPE_CHECKING:
    from strongroom_core.db.connection import OpenConnection

MOMENT = timedelta(microseconds=1)


async def known(administrator: OpenConnection) -> list[Any]:
    """Return networks and times of the known pairs, but for where machines registered."""
    rows = await administrator.fetch(
        "select network, verified_at from known_pair where network <> $1 order by 1",
        REGISTERED_FROM,
    )
    return [(row["network"], row["verified_at"]) for row in rows]


async def test_a_nonce_is_kept_as_long_as_its_request_is_good(
    world: World, administrator: OpenConnection
) -> None:
    """R-3: until ten minutes after its timestamp, in the vault of the machine that spent it."""
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
    """R-3: once nonces were dropped, no request of that time is good, at the floor's very second."""
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
    """M-1: the key that signed is compared where the nonce is spent: an old one leaves nothing."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    with pytest.raises(AuthenticationFailed):
        await list_granted(world.core, replace(caller, public_key=bytes(32)))

    assert await administrator.fetchval("select count(*) from request_nonce") == 0
    assert await known(administrator) == []


async def test_a_network_is_noted_when_it_is_news(
    world: World, clock: MovableClock, administrator: OpenConnection
) -> None:
    """R-2: at the first request, and again a day later: in between nothing is written."""
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


async def test_a_refused_machine_is_not_known(world: World, administrator: OpenConnection) -> None:
    """R-2: only who may act has proved itself."""
    machine = await approved_machine(world)
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(Refused):
        await list_granted(world.core, await machine.caller(world))

    assert await known(administrator) == []


async def test_what_is_known_never_goes_back_in_time(
    world: World, administrator: OpenConnection
) -> None:
    """R-2: of two requests at once, the one that commits last may have begun first."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    now = world.core.clock.now()
    for at in (now, now - timedelta(days=2)):
        async with world.core.database.transaction(world.person.vault) as connection:
            pairs = {(caller.id, caller.origin.network)}
            await know(connection, world.person.vault, pairs, at)

    assert await known(administrator) == [("127.0.0.20", now)]


async def test_pairs_are_noted_once_each(world: World, administrator: OpenConnection) -> None:
    """R-2: a batch may hold one pair many times, and machines that are gone by now."""
    machine, gone = await approved_machine(world), await approved_machine(world, "web-2")
    caller, lost = await machine.caller(world), await gone.caller(world)
    elsewhere = replace(caller, origin=Origin("127.0.0.3", "req_x"))
    await revoke_machine(world.core, world.owner, str(gone.id))
    now = world.core.clock.now()
    proved = [(each.id, each.origin.network) for each in (caller, elsewhere, caller, lost)]
    async with world.core.database.transaction(world.person.vault) as connection:
        await know(connection, world.person.vault, proved, now)

    assert await known(administrator) == [("127.0.0.20", now), ("127.0.0.3", now)]


async def test_a_refusal_names_the_machine_as_it_is_called_now(world: World) -> None:
    """L-1: the actor's name at that moment, whether the request was done or refused."""
    machine = await approved_machine(world)
    await rename_machine(world.core, world.owner, str(machine.id), name="renamed")
    with pytest.raises(NotFound):
        await export_secrets(world.core, await machine.caller(world), project="proj_nothing")
    await export_secrets(world.core, await machine.caller(world))
    entries = await world.entries("secrets_export")

    assert [(e["outcome"], e["actor_kind"], e["actor_id"], e["actor_name"]) for e in entries] == [
        ("refused", "machine", str(machine.id), "renamed"),
        ("done", "machine", str(machine.id), "renamed"),
    ]


async def test_what_was_no_refusal_spends_the_nonce_too(world: World) -> None:
    """R-3: a request that failed for what it asked is not good a second time."""
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    with pytest.raises(NotFound):
        await export_secrets(world.core, caller, project="proj_nothing")
    with pytest.raises(NonceUsed):
        await list_granted(world.core, caller)
