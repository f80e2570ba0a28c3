"""Registration tokens, valid once within ten minutes, with which machines register keys (M-2, M-3)."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from datetime import timedelta

import pytest
from nacl.signing import SigningKey

from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.bootstrap import (
    create_bootstrap_token,
    is_bootstrap_token,
    register_machine,
)
from strongroom_core.machines.lifecycle import deny_machine, revoke_machine
from strongroom_core.machines.listing import key_fingerprint, list_machines, read_machine
from strongroom_core.machines.views import Registered
from strongroom_testkit.machine import approved_machine, pending_machine
from strongroom_testkit.people import visitor
from strongroom_testkit.world import World

PAGE = PageRequest.parse(limit=None, cursor=None)


def public_key() -> str:
    """Return a new machine's key."""
    return b64encode(bytes(SigningKey(random_bytes(32)).verify_key)).decode()


async def fresh_token(world: World) -> str:
    """Return a token, recorded as a secret."""
    return world.markers.note((await create_bootstrap_token(world.core, world.owner)).token)


async def register(
    world: World, token: str, key: str | None = None, hostname: str = "web-1"
) -> Registered:
    """Register from an address used only by this test."""
    return await register_machine(
        world.core,
        visitor("127.0.1.1"),
        token,
        public_key=public_key() if key is None else key,
        hostname=hostname,
    )


async def test_a_machine_registers_and_waits(world: World) -> None:
    """M-2, M-8: the machine starts as pending and shows what a person needs to recognize it."""
    key = SigningKey(random_bytes(32))
    encoded = b64encode(bytes(key.verify_key)).decode()
    registered = await register(world, await fresh_token(world), encoded, "db-7.example")
    view = await read_machine(world.core, world.owner, str(registered.machine))

    assert world.person.vault == registered.vault
    assert ("pending", True, None, "bootstrap") == (
        view.state,
        view.enabled,
        view.approved_at,
        view.enrolled_by,
    )
    assert ("db-7.example", "db-7.example") == (view.name, view.hostname)
    assert "127.0.1.1" == view.registered_from
    assert key_fingerprint(bytes(key.verify_key)) == view.fingerprint
    (entry,) = await world.entries("machine_register")
    assert ("done", "system", str(registered.machine), "127.0.1.1") == tuple(
        entry[name] for name in ("outcome", "actor_kind", "target_id", "address")
    )
    assert view.fingerprint in str(entry["detail"])


async def test_a_token_is_stored_as_a_hash(world: World, administrator: OpenConnection) -> None:
    """E-4: the token can't be read from the database."""
    token = await fresh_token(world)
    row = await administrator.fetchrow("select machine_token::text as row from machine_token")

    assert row is not None
    assert token not in row["row"]
    assert await is_bootstrap_token(world.core, token)


async def test_a_token_works_once(world: World) -> None:
    """M-2: a token can be used only once; a second registration doesn't find it."""
    token = await fresh_token(world)
    await register(world, token)

    assert not await is_bootstrap_token(world.core, token)
    with pytest.raises(NotFound):
        await register(world, token)


async def test_one_of_simultaneous_registrations_succeeds(world: World) -> None:
    """M-2: of many simultaneous registrations with one token, exactly one succeeds."""
    token = await fresh_token(world)
    outcomes = await asyncio.gather(
        *(register(world, token) for _ in range(8)), return_exceptions=True
    )

    assert 1 == sum(isinstance(outcome, Registered) for outcome in outcomes)
    assert 7 == sum(isinstance(outcome, NotFound) for outcome in outcomes)
    assert 1 == len((await list_machines(world.core, world.owner, PAGE)).items)


async def test_a_token_from_the_future_is_invalid(world: World, clock: MovableClock) -> None:
    """M-1: a clock that was ahead can't create a token that is valid for weeks."""
    clock.jump(timedelta(days=40))
    token = await create_bootstrap_token(world.core, world.owner)
    world.markers.note(token.token)
    clock.jump(-timedelta(days=40))

    assert not await is_bootstrap_token(world.core, token.token)


async def test_a_token_lives_ten_minutes(world: World, clock: MovableClock) -> None:
    """M-2: a token is valid until just before ten minutes have passed."""
    token = await fresh_token(world)
    clock.move(timedelta(minutes=10) - timedelta(milliseconds=1))

    assert await is_bootstrap_token(world.core, token)
    clock.move(timedelta(milliseconds=1))
    assert not await is_bootstrap_token(world.core, token)
    with pytest.raises(NotFound):
        await register(world, token)


@pytest.mark.parametrize("token", ["", "srb", "srb_" + "a" * 43, "nonsense", "\N{SNOWMAN}" * 20])
async def test_invalid_tokens(world: World, token: str) -> None:
    """M-2: tokens that were never issued are all rejected with the same error, and nothing changes."""
    assert not await is_bootstrap_token(world.core, token)
    with pytest.raises(NotFound):
        await register(world, token)


BAD_KEYS = {
    "no base64": "!" * 44,
    "without padding": b64encode(bytes(32)).decode().rstrip("="),
    "31 bytes": b64encode(bytes(range(31))).decode(),
    "33 bytes": b64encode(bytes(range(33))).decode(),
    "the neutral element": b64encode(b"\x01" + bytes(31)).decode(),
    "a point of order two": b64encode(bytes.fromhex("ec" + "ff" * 30 + "7f")).decode(),
    "a point of order four": b64encode(bytes(32)).decode(),
    "a point of order eight": b64encode(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    ).decode(),
    "of mixed order": b64encode(bytes.fromhex("95" + "99" * 31)).decode(),
    "off the curve": b64encode(b"\x02" + bytes(31)).decode(),
}


@pytest.mark.parametrize("name", sorted(BAD_KEYS))
async def test_a_key_that_must_not_sign(world: World, name: str) -> None:
    """M-1: an unusable key is rejected at registration, and the token remains usable."""
    token = await fresh_token(world)
    with pytest.raises(Invalid) as refused:
        await register(world, token, BAD_KEYS[name])

    assert "publicKey" == refused.value.field
    assert await register(world, token)


@pytest.mark.parametrize("hostname", ["", "-web", "web-", "a b", "web\n", "w" * 254, "wéb", '"'])
async def test_invalid_hostnames(world: World, hostname: str) -> None:
    """M-3: a hostname that would have to be escaped somewhere is rejected; the token remains usable."""
    token = await fresh_token(world)
    with pytest.raises(Invalid) as refused:
        await register(world, token, hostname=hostname)

    assert "hostname" == refused.value.field
    assert await register(world, token, hostname="w" * 253)


async def test_a_key_is_unique_in_the_installation(world: World, other_world: World) -> None:
    """M-1: a key is unique across all vaults; after a collision the token remains usable."""
    key = public_key()
    await register(world, await fresh_token(world), key)
    theirs = await fresh_token(other_world)
    with pytest.raises(Conflict):
        await register(other_world, theirs, key)

    assert await register(other_world, theirs)


@pytest.mark.parametrize("end", ["revoked", "denied"])
async def test_a_revoked_machines_key_cannot_be_reused(world: World, end: str) -> None:
    """M-1, M-8: a machine that was revoked or denied can't register again with its key."""
    if end == "revoked":
        machine = await approved_machine(world)
        await revoke_machine(world.core, world.owner, str(machine.id))
    else:
        machine = await pending_machine(world)
        await deny_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(Conflict):
        await register(
            world,
            await fresh_token(world),
            b64encode(bytes(machine.key.verify_key)).decode(),
        )


async def test_a_machine_belongs_to_the_tokens_vault(world: World, other_world: World) -> None:
    """V-7: the machine belongs to the vault that issued the token, no matter who presents it."""
    registered = await register(world, await fresh_token(other_world))

    assert other_world.person.vault == registered.vault
    assert [] == (await list_machines(world.core, world.owner, PAGE)).items
    with pytest.raises(NotFound):
        await read_machine(world.core, world.owner, str(registered.machine))


async def test_a_failed_registration_is_not_logged_in_a_vault(core: Core, world: World) -> None:
    """L-1: an unknown token identifies no vault, so unknown clients can't write into any vault's log."""
    before = len(await world.entries())
    with pytest.raises(NotFound):
        await register(world, "srb_" + "a" * 43)
    async with core.database.transaction(INSTALLATION) as connection:
        entries = await connection.fetchval(
            "select count(*) from audit_entry where action = 'machine_register'"
        )

    assert 0 == entries
    assert before == len(await world.entries())
