"""A machine reads: each refusal in the order of the check, then the value, then the entry."""

import asyncio

import pytest
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Frozen,
    NonceUsed,
    NotFound,
    Refused,
)
from strongroom_core.machines.lifecycle import disable_machine, enable_machine
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.secrets.read import read_secret
from strongroom_core.secrets.tally import tally_reads
from strongroom_testkit.machine import approved_machine, grant, granted_machine, pending_machine
from strongroom_testkit.world import World


async def test_a_granted_machine_reads_the_value(world: World) -> None:
    """R-1, R-4: the live value is delivered, and its entry stands."""
    project = await world.project("billing")
    value = world.markers.value()
    secret = await world.secret(project, "API_KEY", value)
    machine = await granted_machine(world, project, secret)
    read = await read_secret(world.core, await machine.caller(world), secret.id)

    assert value == read.value.reveal().decode()
    (entry,) = await world.entries("secret_read")
    assert ("done", "machine", str(machine.id), "web-1", secret.id, "API_KEY") == tuple(
        entry[key]
        for key in ("outcome", "actor_kind", "actor_id", "actor_name", "target_id", "target_name")
    )


async def test_a_pending_machine_is_refused(world: World) -> None:
    """R-1: registered is not approved."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await pending_machine(world)
    with pytest.raises(Refused) as refused:
        await read_secret(world.core, await machine.caller(world), secret.id)

    assert refused.value.reason == "machine_pending"
    assert ["machine_pending"] == [e["reason"] for e in await world.entries("secret_read_denied")]


async def test_a_disabled_machine_is_refused_and_may_come_back(world: World) -> None:
    """M-8: a switch holds from the next request on, both ways."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(Refused):
        await read_secret(world.core, await machine.caller(world), secret.id)
    await enable_machine(world.core, world.owner, str(machine.id))

    assert await read_secret(world.core, await machine.caller(world), secret.id)


async def test_another_vaults_secret_is_absent(world: World, other_world: World) -> None:
    """V-7: an id of another vault answers as one that never existed."""
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    machine = await approved_machine(world)
    for missing in (theirs.id, "sk_aaaaaaaaaaaaaaaa", "nonsense"):
        with pytest.raises(NotFound):
            await read_secret(world.core, await machine.caller(world), missing)  # pyright: ignore[reportArgumentType]


async def test_a_frozen_project_is_not_read(world: World) -> None:
    """V-4: 423 while frozen."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await freeze_project(world.core, world.owner, project.id, reason="drill")
    with pytest.raises(Frozen):
        await read_secret(world.core, await machine.caller(world), secret.id)


async def test_what_is_not_granted_is_refused(world: World) -> None:
    """M-9: attached is not granted."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    other = await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, other)
    with pytest.raises(Refused) as refused:
        await read_secret(world.core, await machine.caller(world), secret.id)

    assert refused.value.reason == "no_grant"


async def test_a_nonce_is_spent_once_however_many_come(world: World) -> None:
    """R-3: 50 copies at once, one value, and 49 entries of refusal."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    caller = await machine.caller(world, nonce="n" * 32)
    reads = [read_secret(world.core, caller, secret.id) for _ in range(50)]
    outcomes = await asyncio.gather(*reads, return_exceptions=True)

    assert 1 == sum(not isinstance(outcome, Exception) for outcome in outcomes)
    assert 49 == sum(isinstance(outcome, NonceUsed) for outcome in outcomes)


async def test_a_nonce_of_a_refused_request_is_spent(world: World) -> None:
    """A refused request cannot be sent again after a grant."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    with pytest.raises(Refused):
        await read_secret(world.core, caller, secret.id)
    await grant(world, machine, project, secret)
    with pytest.raises(NonceUsed):
        await read_secret(world.core, caller, secret.id)


async def test_a_key_that_changed_since_is_not_trusted(world: World) -> None:
    """The statement compares the key that verified with the one the database holds then."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    caller = await machine.caller(world)
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute("select take_public_key($1, now())", bytes(range(32)))
        await connection.execute("update machine set public_key = $1", bytes(range(32)))
    with pytest.raises(AuthenticationFailed):
        await read_secret(world.core, caller, secret.id)


async def test_reads_are_tallied_from_the_entries(world: World) -> None:
    """S-9: who read last, when, and how often, exactly once each."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await tally_reads(world.core)
    for _ in range(3):
        await read_secret(world.core, await machine.caller(world), secret.id)
    counted = [await tally_reads(world.core), await tally_reads(world.core)]

    assert [3, 0] == counted
    async with world.core.database.transaction(world.person.vault) as connection:
        row = await connection.fetchrow("select read_count, last_read_by from secret")
    assert row is not None
    assert {"read_count": 3, "last_read_by": "web-1"} == dict(row)
