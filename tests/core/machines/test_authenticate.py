"""The machine plane's authenticator, check by check (WIRE, section 1)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from nacl.signing import SigningKey

from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    LockedOut,
    MachineExpired,
    NonceUsed,
    Refused,
    Skewed,
)
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.authenticate import (
    SignedRequest,
    authenticate_machine,
    forget_machine,
    refuse_malformed,
)
from strongroom_core.machines.lifecycle import disable_machine, revoke_machine
from strongroom_core.reading.listing import list_granted
from strongroom_testkit.machine import (
    REGISTERED_FROM,
    TestMachine,
    approved_machine,
    pending_machine,
)
from strongroom_testkit.world import World, entries_of

Sign = Callable[..., SignedRequest]


def origin(number: int = 1) -> Origin:
    """Return an address used only by this test, because failures lock addresses out."""
    return Origin(f"127.0.2.{number}", f"req_{number}")


async def failure_reasons(world: World) -> list[object]:
    """Return the logged reasons for failed authentications as this vault's machines."""
    return [entry["reason"] for entry in await world.entries("auth_failure")]


async def test_a_good_signature_names_the_machine(core: Core, world: World, sign: Sign) -> None:
    """R-1: the caller is the machine, in its vault, with the key that verified the signature."""
    machine = await approved_machine(world)
    request = sign(machine)
    caller = await authenticate_machine(core, request, origin())

    assert (machine.id, world.person.vault, bytes(machine.key.verify_key)) == (
        caller.id,
        caller.vault,
        caller.public_key,
    )
    assert (request.nonce, request.signed_at) == (caller.nonce, caller.signed_at.timestamp())


@pytest.mark.parametrize("part", ["signature", "message", "machine"])
async def test_invalid_signatures(core: Core, world: World, sign: Sign, part: str) -> None:
    """WIRE 1: a signature of another key, request or machine always gets the same error."""
    machine, other = await approved_machine(world), await approved_machine(world, "web-2")
    good = sign(machine)
    altered = {
        "signature": replace(good, signature=bytes(64)),
        "message": replace(good, message=good.message + b"x"),
        "machine": replace(good, machine=other.id),
    }
    with pytest.raises(AuthenticationFailed) as refused:
        await authenticate_machine(core, altered[part], origin())

    assert "authentication failed" == refused.value.message
    assert ["bad_signature"] == await failure_reasons(world)


async def test_an_unknown_machine_gets_the_same_error(core: Core, world: World, sign: Sign) -> None:
    """WIRE 1: checks 1 to 6 fail in the same way; an unknown machine is logged for the installation."""
    ghost = TestMachine(UUID(int=7), SigningKey(random_bytes(32)))
    with pytest.raises(AuthenticationFailed) as refused:
        await authenticate_machine(core, sign(ghost), origin())

    assert "authentication failed" == refused.value.message
    assert [] == await failure_reasons(world)


async def test_a_failure_of_a_known_machine_is_logged_in_its_vault(
    core: Core, world: World, other_world: World, sign: Sign
) -> None:
    """L-1: a failure that names a known machine is logged in that machine's vault."""
    machine = await approved_machine(other_world)
    with pytest.raises(AuthenticationFailed):
        await authenticate_machine(core, replace(sign(machine), signature=bytes(64)), origin())
    (entry,) = await other_world.entries("auth_failure")

    assert [] == await failure_reasons(world)
    assert ("external", "machine", str(machine.id), "127.0.2.1", "refused") == tuple(
        entry[name] for name in ("actor_kind", "target_kind", "target_id", "address", "outcome")
    )


async def test_a_failure_with_an_unknown_id_has_no_target(
    core: Core, world: World, sign: Sign
) -> None:
    """L-1: an ID that doesn't belong to a machine isn't logged as a machine's ID."""
    unknown = replace(sign(await approved_machine(world)), machine=UUID(int=7))
    with pytest.raises(AuthenticationFailed):
        await authenticate_machine(core, unknown, origin())
    (entry,) = await entries_of(core, INSTALLATION, "auth_failure")

    assert (None, None) == (entry["target_kind"], entry["target_id"])


@pytest.mark.parametrize("ago", [-300, 0, 300])
async def test_within_the_skew(core: Core, world: World, sign: Sign, ago: int) -> None:
    """WIRE 1 (3): a difference of up to and including 300 seconds either way is accepted."""
    core.clock = MovableClock(core.clock.now().replace(microsecond=0))
    machine = await approved_machine(world)

    assert machine.id == (await authenticate_machine(core, sign(machine, ago=ago), origin())).id


@pytest.mark.parametrize("ago", [-301, 301, -86400, 86400])
async def test_beyond_the_skew(core: Core, world: World, sign: Sign, ago: int) -> None:
    """WIRE 1 (3): the error contains the server's time, and a wrong clock is neither logged nor counted."""
    core.clock = MovableClock(core.clock.now().replace(microsecond=0))
    machine = await approved_machine(world)
    for _ in range(5):
        with pytest.raises(Skewed) as refused:
            await authenticate_machine(core, sign(machine, ago=ago), origin())

        assert int(core.clock.now().timestamp()) == refused.value.server_time
    assert [] == await failure_reasons(world)


async def test_the_skew_is_checked_before_the_machine(core: Core, sign: Sign) -> None:
    """WIRE 1 (3) before (4): an unknown machine with a wrong clock gets the error about its clock."""
    ghost = TestMachine(UUID(int=7), SigningKey(random_bytes(32)))
    with pytest.raises(Skewed):
        await authenticate_machine(core, sign(ghost, ago=400), origin())


async def test_three_failures_lock_an_address(core: Core, world: World, sign: Sign) -> None:
    """R-2, WIRE 1 (2): from the fourth failure of any kind on, the address is locked out."""
    machine = await approved_machine(world)
    bad = replace(sign(machine), signature=bytes(64))
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            await authenticate_machine(core, bad, origin())
    ghost = TestMachine(UUID(int=7), SigningKey(random_bytes(32)))
    for request in (bad, sign(ghost), sign(machine, ago=400)):
        with pytest.raises(LockedOut) as locked:
            await authenticate_machine(core, request, origin())

        assert 1700 < locked.value.retry_after <= 1801
    assert machine.id == (await authenticate_machine(core, sign(machine), origin(2))).id


async def test_a_good_signature_from_a_locked_address(core: Core, world: World, sign: Sign) -> None:
    """R-2: a machine never seen at the address is locked out; a known one isn't."""
    known, stranger = await approved_machine(world), await approved_machine(world, "web-2")
    await list_granted(core, await authenticate_machine(core, sign(known), origin()))
    for _ in range(3):
        with pytest.raises(AuthenticationFailed):
            await refuse_malformed(core, origin())
    with pytest.raises(LockedOut):
        await list_granted(core, await authenticate_machine(core, sign(stranger), origin()))

    assert [] == await list_granted(core, await authenticate_machine(core, sign(known), origin()))


async def test_a_newcomer_is_known_where_it_registered(
    core: Core, world: World, sign: Sign
) -> None:
    """R-2: a machine is known at the address it registered from, so others' failures don't lock it out."""
    newcomer = await approved_machine(world)
    registered_from = Origin(REGISTERED_FROM, "req_1")
    for _ in range(4):
        with pytest.raises((AuthenticationFailed, LockedOut)):
            await refuse_malformed(core, registered_from)
    caller = await authenticate_machine(core, sign(newcomer), registered_from)

    assert [] == await list_granted(core, caller)


async def test_a_known_pair_is_forgotten_after_thirty_days(
    core: Core, world: World, sign: Sign, clock: MovableClock
) -> None:
    """R-2: a machine is known at an address for 30 days after its last request, and then unknown again."""
    machine = await approved_machine(world)
    await list_granted(core, await authenticate_machine(core, sign(machine), origin()))
    for days, open_ in ((29, True), (31, False)):
        clock.move(timedelta(days=days))
        for _ in range(3):
            with pytest.raises(AuthenticationFailed):
                await refuse_malformed(core, origin())
        caller = await authenticate_machine(core, sign(machine), origin())
        if open_:
            assert [] == await list_granted(core, caller)
        else:
            with pytest.raises(LockedOut):
                await list_granted(core, caller)


async def test_the_state_is_reported_only_to_valid_signatures(
    core: Core, world: World, sign: Sign
) -> None:
    """WIRE 1: only a signed request gets a specific reason, and no such failure counts towards a lockout."""
    pending = await pending_machine(world)
    disabled = await approved_machine(world, "web-2")
    await disable_machine(core, world.owner, str(disabled.id))
    for machine, reason in ((pending, "machine_pending"), (disabled, "machine_disabled")):
        for _ in range(4):
            with pytest.raises(Refused) as refused:
                await list_granted(core, await authenticate_machine(core, sign(machine), origin()))

            assert reason == refused.value.code
    told = {(e["reason"], e["actor_name"]) for e in await world.entries("secrets_list")}
    assert {("machine_pending", "web-1"), ("machine_disabled", "web-2")} == told
    with pytest.raises(AuthenticationFailed):
        await authenticate_machine(core, replace(sign(pending), signature=bytes(64)), origin())


async def test_an_expired_machine(
    core: Core, world: World, sign: Sign, clock: MovableClock
) -> None:
    """WIRE 2: from its expiry on, a machine gets `machine_expired`, which doesn't count towards a lockout."""
    machine = await approved_machine(world)
    end = clock.now() + timedelta(hours=1)
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute("update machine set expires_at = $1", end)

    assert [] == await list_granted(core, await authenticate_machine(core, sign(machine), origin()))
    clock.move(timedelta(hours=1))
    for _ in range(4):
        with pytest.raises(MachineExpired):
            await list_granted(core, await authenticate_machine(core, sign(machine), origin()))


async def test_a_vault_with_a_suspended_owner(core: Core, world: World, sign: Sign) -> None:
    """A-9: while the owner's account is suspended, the vault's machines are denied."""
    machine = await approved_machine(world)
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute("select set_config('strongroom.vault', 'installation', true)")
        await connection.execute(
            "update account set status = 'suspended' where id = $1", world.person.account
        )
    with pytest.raises(Refused) as refused:
        await list_granted(core, await authenticate_machine(core, sign(machine), origin()))

    assert "owner_inactive" == refused.value.code


async def test_a_nonce_is_valid_once(core: Core, world: World, sign: Sign) -> None:
    """R-3: a nonce used for a list can't be used again, just like one used for a read."""
    machine = await approved_machine(world)
    caller = await authenticate_machine(core, sign(machine), origin())
    await list_granted(core, caller)
    with pytest.raises(NonceUsed):
        await list_granted(core, caller)


async def test_a_revoked_machine_is_unknown(core: Core, world: World, sign: Sign) -> None:
    """M-8: the cached key of a revoked machine isn't accepted from the next request on."""
    machine = await approved_machine(world)
    await list_granted(core, await authenticate_machine(core, sign(machine), origin()))
    await revoke_machine(core, world.owner, str(machine.id))
    with pytest.raises(AuthenticationFailed):
        await list_granted(core, await authenticate_machine(core, sign(machine), origin()))
    forget_machine(core, machine.id)
    with pytest.raises(AuthenticationFailed):
        await authenticate_machine(core, sign(machine), origin())


async def test_a_small_order_key_is_rejected(core: Core, world: World) -> None:
    """M-1: even if a small-order key were in the table, a crafted signature would be rejected."""
    machine = await approved_machine(world)
    small = b"\x01" + bytes(31)
    async with core.database.transaction(world.person.vault) as connection:
        await connection.execute("select take_public_key($1, now())", small)
        await connection.execute("update machine set public_key = $1", small)
    at = int(core.clock.now().timestamp())
    crafted = small + bytes(32)
    request = SignedRequest(machine.id, at, "n" * 16, crafted, b"any message")
    with pytest.raises(AuthenticationFailed):
        await authenticate_machine(core, request, origin())


async def test_signed_messages_are_masked_when_printed(world: World, sign: Sign) -> None:
    """E-5: a signed message can contain a body, so no repr shows it."""
    machine = await approved_machine(world)
    request = sign(machine)

    assert "/v1/secrets" not in repr(request)
    assert b64encode(request.signature).decode() not in repr(request)
