"""Reads by a machine: denials in the order of checks, values and events."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from strongroom_core.crypto.keyring import Keyring, ProjectKey, WrappedKey
from strongroom_core.db.connection import OpenConnection
from strongroom_core.install.restored import mark_restored
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Frozen,
    IntegrityFailure,
    LockedOut,
    MachineExpired,
    NonceUsed,
    NotFound,
    Refused,
    SignedTooEarly,
)
from strongroom_core.kernel.origin import Origin
from strongroom_core.machines.failures import note_failure
from strongroom_core.machines.lifecycle import disable_machine, enable_machine
from strongroom_core.maintain import drop_old_nonces
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.reading.batch import read_batch, read_secret_value
from strongroom_core.reading.deliver import Outcome, SecretValue
from strongroom_core.reading.facts import Request
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.machine import approved_machine, grant, granted_machine, pending_machine
from strongroom_testkit.world import World


async def test_a_granted_machine_reads_the_value(world: World) -> None:
    """R-1, R-4: the current value is delivered, and its event is in the audit log."""
    project = await world.project("billing")
    value = world.markers.value()
    secret = await world.secret(project, "API_KEY", value)
    machine = await granted_machine(world, project, secret)
    read = await read_secret_value(world.core, await machine.caller(world), secret.id)

    assert value == read.value.reveal().decode()
    (entry,) = await world.entries("secret_read")
    assert ("done", "machine", str(machine.id), "web-1", secret.id, "API_KEY") == tuple(
        entry[key]
        for key in ("outcome", "actor_kind", "actor_id", "actor_name", "target_id", "target_name")
    )


async def test_a_pending_machine_is_denied(world: World) -> None:
    """R-1: a machine that is registered but not approved can't read."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await pending_machine(world)
    with pytest.raises(Refused) as refused:
        await read_secret_value(world.core, await machine.caller(world), secret.id)

    assert refused.value.code == "machine_pending"
    assert ["machine_pending"] == [e["reason"] for e in await world.entries("secret_read_denied")]


async def test_disabling_and_enabling_a_machine(world: World) -> None:
    """M-8: disabling and enabling take effect on the next request."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await disable_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(Refused):
        await read_secret_value(world.core, await machine.caller(world), secret.id)
    await enable_machine(world.core, world.owner, str(machine.id))

    assert await read_secret_value(world.core, await machine.caller(world), secret.id)


async def test_another_vaults_secret_is_not_found(world: World, other_world: World) -> None:
    """V-7: another vault's ID gives the same error as one that never existed."""
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    machine = await approved_machine(world)
    for missing in (theirs.id, "sk_aaaaaaaaaaaaaaaa", "nonsense"):
        with pytest.raises(NotFound):
            await read_secret_value(world.core, await machine.caller(world), missing)  # pyright: ignore[reportArgumentType]


async def test_a_frozen_project_is_not_read(world: World) -> None:
    """V-4: while the project is frozen, a read gets a 423."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await freeze_project(world.core, world.owner, project.id, reason="drill")
    with pytest.raises(Frozen):
        await read_secret_value(world.core, await machine.caller(world), secret.id)


async def test_ungranted_secrets_are_denied(world: World) -> None:
    """M-9: attachment alone grants nothing."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    other = await world.secret(project, "OTHER")
    machine = await granted_machine(world, project, other)
    with pytest.raises(Refused) as refused:
        await read_secret_value(world.core, await machine.caller(world), secret.id)

    assert refused.value.code == "no_grant"


async def test_a_nonce_is_spent_once_however_many_come(world: World) -> None:
    """R-3: if a request is sent 50 times at once, one copy gets the value, and 49 denials are logged."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    caller = await machine.caller(world, nonce="n" * 32)
    reads = [read_secret_value(world.core, caller, secret.id) for _ in range(50)]
    outcomes = await asyncio.gather(*reads, return_exceptions=True)

    assert 1 == sum(not isinstance(outcome, Exception) for outcome in outcomes)
    assert 49 == sum(isinstance(outcome, NonceUsed) for outcome in outcomes)


async def test_a_denied_request_uses_up_its_nonce(world: World) -> None:
    """A denied request can't be replayed after access is granted."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await approved_machine(world)
    caller = await machine.caller(world)
    with pytest.raises(Refused):
        await read_secret_value(world.core, caller, secret.id)
    await grant(world, machine, project, secret)
    with pytest.raises(NonceUsed):
        await read_secret_value(world.core, caller, secret.id)


async def test_a_key_that_changed_since_is_not_trusted(world: World) -> None:
    """A read is denied if the key that verified the signature is no longer the one in the database."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    caller = await machine.caller(world)
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute("select take_public_key($1, now())", bytes(range(32)))
        await connection.execute("update machine set public_key = $1", bytes(range(32)))
    with pytest.raises(AuthenticationFailed):
        await read_secret_value(world.core, caller, secret.id)


async def test_a_frozen_project_is_read_again_when_it_is_lifted(world: World) -> None:
    """V-4: a freeze affects only that project's machines, and only until the project is unfrozen."""
    project, other = await world.project("billing"), await world.project("shop")
    secret, elsewhere = await world.secret(project, "A"), await world.secret(other, "B")
    machine = await granted_machine(world, project, secret)
    await grant(world, machine, other, elsewhere)
    await freeze_project(world.core, world.owner, project.id, reason="drill")

    assert await read_secret_value(world.core, await machine.caller(world), elsewhere.id)
    with pytest.raises(Frozen):
        await read_secret_value(world.core, await machine.caller(world), secret.id)
    assert ["frozen"] == [e["reason"] for e in await world.entries("secret_read_denied")]
    await unfreeze_project(world.core, world.owner, project.id, reason="drill is over")
    assert await read_secret_value(world.core, await machine.caller(world), secret.id)


async def test_all_fields_of_a_structured_secret(world: World) -> None:
    """S-3: the value is the JSON text of all fields, and the event says that all were delivered."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "user", "password")
    machine = await granted_machine(world, project, secret)
    read = await read_secret_value(world.core, await machine.caller(world), secret.id)

    assert ["user", "password"] == read.field_names
    values = msgspec.json.decode(read.value.reveal(), type=dict[str, str])
    assert {"user", "password"} == set(values)
    assert values == msgspec.json.decode(await world.open_value(secret.id))
    (entry,) = await world.entries("secret_read")
    assert {"fields": None, "version": 1} == msgspec.json.decode(str(entry["detail"]))


async def test_the_live_version_is_delivered(world: World) -> None:
    """S-6: the new value is delivered from the next request on, and the event contains its version."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    value = world.markers.value()
    await replace_secret(world.core, world.owner, secret.id, Content(value=value))
    read = await read_secret_value(world.core, await machine.caller(world), secret.id)

    assert (value, 2) == (read.value.reveal().decode(), read.version)
    entries = await world.entries("secret_read")
    assert [1, 2] == [msgspec.json.decode(str(e["detail"]))["version"] for e in entries]


@pytest.mark.parametrize("gone", ["secret", "project"])
async def test_trashed_secrets_are_not_found(world: World, gone: str) -> None:
    """S-7, V-3: machines can't find a deleted secret or project from the next request on."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    if gone == "secret":
        await delete_secret(world.core, world.owner, secret.id)
    else:
        await delete_project(world.core, world.owner, project.id, confirm_name="billing")
    with pytest.raises(NotFound):
        await read_secret_value(world.core, await machine.caller(world), secret.id)


async def test_expired_machines_are_denied(world: World, clock: MovableClock) -> None:
    """R-1, WIRE 2: an expired machine is denied immediately; its nonce is spent and the denial logged."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    async with world.core.database.transaction(world.person.vault) as connection:
        await connection.execute("update machine set expires_at = $1", clock.now())
    with pytest.raises(MachineExpired):
        await read_secret_value(world.core, await machine.caller(world), secret.id)

    assert ["machine_expired"] == [e["reason"] for e in await world.entries("secret_read_denied")]


async def test_a_locked_out_address(world: World) -> None:
    """R-2: at a locked address, unknown machines must wait and aren't logged; a known one can still read."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    known = await granted_machine(world, project, secret)
    stranger = await granted_machine(world, project, secret, hostname="web-2")
    here = "127.0.5.1"
    await read_secret_value(world.core, await known.caller(world, address=here), secret.id)
    for _ in range(3):
        await note_failure(world.core, Origin(here, "req_1"), None, "malformed_headers")
    with pytest.raises(LockedOut) as locked:
        await read_secret_value(world.core, await stranger.caller(world, address=here), secret.id)

    assert 1700 < locked.value.retry_after <= 1801
    assert [] == await world.entries("secret_read_denied")
    assert await read_secret_value(world.core, await known.caller(world, address=here), secret.id)
    assert await read_secret_value(world.core, await stranger.caller(world), secret.id)


@pytest.mark.parametrize("harm", ["ciphertext", "data_key", "swapped", "gone"])
async def test_a_value_that_does_not_open(
    world: World, administrator: OpenConnection, harm: str
) -> None:
    """DESIGN 5: the machine gets a 500, and a critical event is logged; others get their values."""
    project = await world.project("billing")
    harmed, whole = await world.secret(project, "HARMED"), await world.secret(project, "WHOLE")
    machine = await granted_machine(world, project, harmed, whole)
    await administrator.execute("set session_replication_role = replica")
    await administrator.execute(
        {
            "ciphertext": "update secret_material set ciphertext ="
            " set_byte(ciphertext, 40, get_byte(ciphertext, 40) # 1) where secret = $1",
            "data_key": "update secret_material set data_key ="
            " set_byte(data_key, 40, get_byte(data_key, 40) # 1) where secret = $1",
            "swapped": "update secret_material set (data_key, ciphertext) = (select data_key,"
            " ciphertext from secret_material where secret <> $1) where secret = $1",
            "gone": "delete from secret_material where secret = $1",
        }[harm],
        harmed.id,
    )
    callers = [await machine.caller(world) for _ in range(4)]
    asked = (harmed, whole, harmed, whole)
    outcomes = await asyncio.gather(
        *(
            read_secret_value(world.core, caller, secret.id)
            for caller, secret in zip(callers, asked, strict=True)
        ),
        return_exceptions=True,
    )

    assert [True, False] * 2 == [isinstance(each, IntegrityFailure) for each in outcomes]
    assert [False, True] * 2 == [not isinstance(each, Exception) for each in outcomes]
    entries = await world.entries("integrity_failure")
    assert [("critical", "refused", "web-1", harmed.id, "HARMED", project.id)] * 2 == [
        (
            e["severity"],
            e["outcome"],
            e["actor_name"],
            e["target_id"],
            e["target_name"],
            e["project"],
        )
        for e in entries
    ]


async def test_a_batch_unwraps_each_project_key_once(
    world: World, administrator: OpenConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-4, E-1: items of a project share its unwrapped key, and no item gets another project's."""
    projects = [await world.project(name) for name in ("billing", "shipping")]
    values = [world.markers.value() for _ in range(4)]
    secrets = [
        await world.secret(projects[number % 2], f"KEY_{number}", value)
        for number, value in enumerate(values)
    ]
    machine = await granted_machine(world, projects[0], *secrets[::2])
    await grant(world, machine, projects[1], *secrets[1::2])
    unwrap, unwrapped = Keyring.unwrap_project_key, list[str]()

    def noted(ring: Keyring, wrapped: WrappedKey, vault: str, project: str) -> ProjectKey:
        unwrapped.append(project)
        return unwrap(ring, wrapped, vault, project)

    monkeypatch.setattr(Keyring, "unwrap_project_key", noted)

    async def batch() -> list[Outcome]:
        callers = [await machine.caller(world) for _ in secrets]
        pairs = zip(callers, secrets, strict=True)
        return await read_batch(world.core, [Request(caller, each.id) for caller, each in pairs])

    found = await batch()

    assert values == [
        each.value.reveal().decode() for each in found if isinstance(each, SecretValue)
    ]
    assert sorted(unwrapped) == sorted(project.id for project in projects)

    harm = "update project_key set wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1)"
    await administrator.execute(f"{harm} where project = $1", projects[1].id)
    found = await batch()

    assert [False, True] * 2 == [isinstance(each, IntegrityFailure) for each in found]


async def test_a_denial_does_not_affect_its_batch(world: World, other_world: World) -> None:
    """DESIGN 5: each request in a batch is decided individually, and causes its own event."""
    project = await world.project("billing")
    granted, other = await world.secret(project, "GRANTED"), await world.secret(project, "OTHER")
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    machine = await granted_machine(world, project, granted)
    waiting = await pending_machine(world, "web-2")
    # The first one runs alone, and requests that arrive meanwhile form one batch.
    asked = [granted.id, granted.id, other.id, theirs.id, granted.id, "sk_aaaaaaaaaaaaaaaa"]
    callers = [await machine.caller(world) for _ in asked]
    callers[4] = await waiting.caller(world)
    outcomes = await asyncio.gather(
        *(
            read_secret_value(world.core, caller, secret)  # pyright: ignore[reportArgumentType]
            for caller, secret in zip(callers, asked, strict=True)
        ),
        return_exceptions=True,
    )
    names = [type(outcome).__name__ for outcome in outcomes]

    assert ["SecretValue", "SecretValue", "Refused", "NotFound", "Refused", "NotFound"] == names
    assert 2 == len(await world.entries("secret_read"))
    denied = await world.entries("secret_read_denied")
    assert ["machine_pending", "no_grant", "not_found", "not_found"] == sorted(
        str(entry["reason"]) for entry in denied
    )
    assert [] == await other_world.entries("secret_read_denied")


async def test_events_about_missing_secrets_have_only_the_id(
    world: World, other_world: World
) -> None:
    """V-7, L-1: neither the name of another vault's secret nor a malformed ID is logged."""
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    machine = await approved_machine(world)
    for missing in (theirs.id, "anything-a-client-writes"):
        with pytest.raises(NotFound):
            await read_secret_value(world.core, await machine.caller(world), missing)  # pyright: ignore[reportArgumentType]
    entries = await world.entries("secret_read_denied")

    assert [(theirs.id, None, None), (None, None, None)] == [
        (entry["target_id"], entry["target_name"], entry["project"]) for entry in entries
    ]


async def test_a_clock_set_back_reopens_no_window(world: World, clock: MovableClock) -> None:
    """R-3: a request can't be replayed while its nonce is kept, nor after the nonce has been dropped."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    caller = await machine.caller(world)
    await read_secret_value(world.core, caller, secret.id)
    clock.move(timedelta(hours=1))

    assert 1 == await drop_old_nonces(world.core)
    clock.move(-timedelta(hours=1))
    with pytest.raises(NonceUsed):
        await read_secret_value(world.core, caller, secret.id)
    clock.move(timedelta(hours=1, minutes=1))
    assert await read_secret_value(world.core, await machine.caller(world), secret.id)


async def test_a_nonce_is_kept_while_its_request_is_valid(
    world: World, clock: MovableClock
) -> None:
    """R-3: a request dated five minutes ahead is valid for ten minutes, and its nonce is kept for as long."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    clock.move(timedelta(minutes=5))
    ahead = await machine.caller(world)
    clock.move(-timedelta(minutes=5))
    await read_secret_value(world.core, ahead, secret.id)
    clock.move(timedelta(minutes=10))

    assert 0 == await drop_old_nonces(world.core)
    with pytest.raises(NonceUsed):
        await read_secret_value(world.core, ahead, secret.id)
    clock.move(timedelta(minutes=17))
    assert 1 == await drop_old_nonces(world.core)


async def test_requests_signed_before_a_restore_are_rejected(
    world: World, clock: MovableClock, administrator: OpenConnection
) -> None:
    """R-3: a restored backup lacks the nonces used since, so requests from that time are rejected."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    first = await machine.caller(world)
    clock.move(timedelta(seconds=200))
    ahead = await machine.caller(world)  # The machine's clock is fast.
    clock.move(timedelta(seconds=-200))
    for caller in (first, ahead):
        await read_secret_value(world.core, caller, secret.id)
    clock.move(timedelta(seconds=10))
    await administrator.execute("delete from request_nonce")

    # Unless the database is marked as restored, the old request is accepted as a new one.
    assert await read_secret_value(world.core, first, secret.id)
    assert 2 == await mark_restored(world.core)
    with pytest.raises(SignedTooEarly):
        await read_secret_value(world.core, ahead, secret.id)
    clock.move(timedelta(seconds=302))
    assert await read_secret_value(world.core, await machine.caller(world), secret.id)
    assert [1, 1, 1, 2] == [e["incarnation"] for e in await world.entries("secret_read")]


async def test_values_are_in_no_repr(world: World) -> None:
    """E-5: a delivered value that is logged by accident reveals nothing."""
    project = await world.project("billing")
    value = world.markers.value()
    secret = await world.secret(project, "API_KEY", value)
    machine = await granted_machine(world, project, secret)
    read = await read_secret_value(world.core, await machine.caller(world), secret.id)

    assert value not in repr(read)
    assert value not in str(read)
