"""A machine rotates its own key (M-10)."""

import asyncio
from base64 import b64encode

import pytest
from nacl.signing import SigningKey

from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.errors import AuthenticationFailed, Conflict, Invalid
from strongroom_core.machines.rotate_key import rotate_machine_key
from strongroom_core.reading.batch import read_secret_value
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.world import World


def _proved(machine: TestMachine, key: SigningKey, holder: SigningKey) -> tuple[str, str]:
    public = b64encode(bytes(key.verify_key)).decode()
    message = f"strongroom-rotate-key:{machine.id}:{public}".encode()
    return public, b64encode(holder.sign(message).signature).decode()


async def test_the_new_key_reads_and_the_old_one_does_not(world: World) -> None:
    """M-10: the ID and grants stay the same, and the old key stops working at the commit."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    old = await machine.caller(world)
    new = SigningKey(random_bytes(32))
    public, proof = _proved(machine, new, new)
    await rotate_machine_key(
        world.core, await machine.caller(world), public_key=public, proof=proof
    )
    with pytest.raises(AuthenticationFailed):
        await read_secret_value(world.core, old, secret.id)

    assert await read_secret_value(
        world.core, await TestMachine(machine.id, new).caller(world), secret.id
    )
    (entry,) = await world.entries("machine_rotate_key")
    assert str(machine.id) == entry["target_id"]


async def test_the_new_key_has_to_sign_the_proof(world: World) -> None:
    """The proof must be signed with the new key."""
    project = await world.project("billing")
    machine = await granted_machine(world, project)
    public, proof = _proved(machine, SigningKey(random_bytes(32)), machine.key)
    with pytest.raises(Invalid):
        await rotate_machine_key(
            world.core, await machine.caller(world), public_key=public, proof=proof
        )


async def test_a_key_in_use_is_rejected(world: World) -> None:
    """M-1: public keys are unique in the installation, including the current one."""
    project = await world.project("billing")
    machine = await granted_machine(world, project)
    public, proof = _proved(machine, machine.key, machine.key)
    with pytest.raises(Conflict):
        await rotate_machine_key(
            world.core, await machine.caller(world), public_key=public, proof=proof
        )


async def test_one_of_simultaneous_rotations_succeeds(world: World) -> None:
    """M-10: of several simultaneous rotations exactly one succeeds, and its key works."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    keys = [SigningKey(random_bytes(32)) for _ in range(4)]
    callers = [await machine.caller(world) for _ in keys]
    proved = [_proved(machine, key, key) for key in keys]
    outcomes = await asyncio.gather(
        *(
            rotate_machine_key(world.core, caller, public_key=public, proof=proof)
            for caller, (public, proof) in zip(callers, proved, strict=True)
        ),
        return_exceptions=True,
    )
    (told,) = [key for key, outcome in zip(keys, outcomes, strict=True) if outcome is None]

    refusals = {type(each) for each in outcomes if each is not None}
    assert {Conflict, AuthenticationFailed} >= refusals
    caller = await TestMachine(machine.id, told).caller(world)
    assert await read_secret_value(world.core, caller, secret.id)
