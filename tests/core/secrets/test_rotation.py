"""Rotation settings, queued rotations, and policies that rotate after a number of reads (X-1, P-2)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from strongroom_core.access.callers import system
from strongroom_core.access.roles import RIGHT_NAMES, rights_named
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import Access, Authority
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    Changed,
    Conflict,
    Frozen,
    IntegrityFailure,
    Invalid,
    NotFound,
    Refused,
    StrongroomError,
)
from strongroom_core.kernel.policies import Conditions
from strongroom_core.policies.apply import apply_policy, remove_policy
from strongroom_core.policies.manage import update_policy
from strongroom_core.policies.modes import enforce_policy, suspend_policy
from strongroom_core.projects.freeze import unfreeze_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.reading.explain import explain_read
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Charset, Recipe
from strongroom_core.secrets.listing import read_secret
from strongroom_core.secrets.replace import perform_rotation, replace_secret, rotate_secret
from strongroom_core.secrets.rotation import (
    delete_rotation,
    due_rotations,
    queue_rotation,
    set_rotation,
)
from strongroom_core.secrets.trash import delete_secret, purge_secret, restore_secret
from strongroom_core.secrets.versions import roll_back
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.contents import contents
from strongroom_testkit.machine import TestMachine, granted_machine
from strongroom_testkit.policies import enforced, policy
from strongroom_testkit.world import World
from strongroom_worker import jobs


@pytest.fixture
async def secret(world: World) -> SecretView:
    return await world.secret(await world.project("billing"), "API_KEY")


async def rotating(world: World, secret: SecretView, recipe: Recipe | None = None) -> SecretView:
    return await set_rotation(world.core, world.owner, secret.id, recipe or Recipe())


async def read(world: World, machine: TestMachine, secret: SecretView, times: int = 1) -> None:
    for _ in range(times):
        await read_secret_value(world.core, await machine.caller(world), secret.id)


async def version_of(world: World, secret: SecretView) -> int:
    return (await read_secret(world.core, world.owner, secret.id)).version


async def detail_of(world: World, action: str) -> dict[str, Any]:
    (entry,) = [each for each in await world.entries(action) if each["outcome"] == "done"]
    return msgspec.json.decode(str(entry["detail"]))


async def test_settings_are_kept_with_the_secret(world: World, secret: SecretView) -> None:
    """X-1: the settings are in the secret's view and in the event; setting them again replaces them."""
    await rotating(world, secret)
    view = await rotating(world, secret, Recipe(12, Charset.NUMBERS))
    removed = await delete_rotation(world.core, world.owner, secret.id, if_match=view.revision)

    assert view.rotation is not None
    assert (view.rotation.length, view.rotation.charset, view.rotation.fields) == (
        12,
        "numbers",
        [],
    )
    assert (view.rotation.set_by, view.rotation.queued_at) == (world.person.username, None)
    assert (removed.rotation, removed.revision) == (None, 4)
    told = {"length": 12, "charset": "numbers", "fields": []}
    assert msgspec.json.decode(str((await world.entries("rotation_set"))[1]["detail"])) == told
    assert await detail_of(world, "rotation_delete") == told


async def test_wrong_settings_are_rejected(
    world: World, secret: SecretView, administrator: OpenConnection
) -> None:
    """X-1: fields must exist; stale changes and secrets without settings are conflicts; nothing changes."""
    core, owner = world.core, world.owner
    fields = await world.structured(await world.project("shop"), "DB", "user", "password")
    before = await contents(administrator)
    for target, named in ((secret, ["a"]), (fields, []), (fields, ["user", "nothing"])):
        with pytest.raises(Invalid):
            await set_rotation(core, owner, target.id, Recipe(), fields=named)
    with pytest.raises(Invalid):
        Recipe(1025)
    with pytest.raises(Changed):
        await set_rotation(core, owner, secret.id, Recipe(), if_match=7)
    for act in (queue_rotation, delete_rotation):
        with pytest.raises(Conflict, match="no rotation settings"):
            await act(core, owner, secret.id)

    assert await contents(administrator) == before


async def test_a_queued_rotation_is_performed_once(world: World, secret: SecretView) -> None:
    """X-1: of many workers, one rotates the version; the event names who queued it."""
    await rotating(world, secret, Recipe(20, Charset.ALPHANUMERIC))
    before = await world.open_value(secret.id)
    queued = await queue_rotation(world.core, world.owner, secret.id)
    await queue_rotation(world.core, world.owner, secret.id)
    due = await due_rotations(world.core)
    job = system("rotate_secret", world.person.vault)
    told = await asyncio.gather(
        *(perform_rotation(world.core, job, secret.id) for _ in range(8)), return_exceptions=True
    )
    after = await world.open_value(secret.id)
    view = await read_secret(world.core, world.owner, secret.id)

    assert queued.rotation is not None
    assert queued.rotation.queued_by == world.person.username
    assert due == [(world.person.vault, secret.id)]
    assert [type(each) for each in told if each is not None] == [Conflict] * 7
    assert (len(after), after.isalnum(), after != before) == (20, True, True)
    assert (view.version, view.rotation and view.rotation.queued_at) == (2, None)
    assert await due_rotations(world.core) == []
    (entry,) = await world.entries("secret_rotate")
    assert (entry["actor_kind"], entry["outcome"]) == ("system", "done")
    assert msgspec.json.decode(str(entry["detail"])) == {
        "version": 2,
        "queued_by": world.person.username,
    }


async def test_only_the_chosen_fields_rotate(world: World) -> None:
    """X-1, S-3: a structured secret's other fields don't change; a field that rotates can't be removed."""
    core, owner = world.core, world.owner
    secret = await world.structured(await world.project("billing"), "DB", "user", "password")
    before = msgspec.json.decode(await world.open_value(secret.id), type=dict[str, str])
    view = await set_rotation(core, owner, secret.id, Recipe(9), fields=["password"])
    await queue_rotation(core, owner, secret.id)
    await jobs.rotate(core)
    after = msgspec.json.decode(await world.open_value(secret.id), type=dict[str, str])

    assert view.rotation is not None
    assert view.rotation.fields == ["password"]
    assert after["user"] == before["user"]
    assert len(after["password"]) == 9
    with pytest.raises(Conflict, match="password is a field that rotates"):
        await replace_secret(core, owner, secret.id, Content(), removed_fields=["password"])
    assert await version_of(world, secret) == 2


@pytest.mark.parametrize("how", ["replace", "rotate", "roll back", "delete"])
async def test_another_version_ends_a_queued_rotation(
    world: World, secret: SecretView, how: str
) -> None:
    """X-1: a rotation is queued for one version; a value given by hand isn't overwritten."""
    core, owner = world.core, world.owner
    await rotating(world, secret)
    await replace_secret(core, owner, secret.id, Content(value=world.markers.value()))
    await queue_rotation(core, owner, secret.id)
    match how:
        case "replace":
            await replace_secret(core, owner, secret.id, Content(value=world.markers.value()))
        case "rotate":
            await rotate_secret(core, owner, secret.id, Recipe())
        case "roll back":
            await roll_back(core, owner, secret.id, version=1)
        case _:
            await delete_secret(core, owner, secret.id)
            await restore_secret(core, owner, secret.id)
    view = await read_secret(core, owner, secret.id)
    await jobs.rotate(core)

    assert view.rotation is not None
    assert view.rotation.queued_at is None
    assert await version_of(world, secret) == view.version


async def test_a_frozen_project_waits(world: World) -> None:
    """V-4: a rotation queued while a project is frozen waits until the project is unfrozen."""
    core, owner = world.core, world.owner
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await rotating(world, secret)
    await world.freeze(project)
    await queue_rotation(core, owner, secret.id)
    due = await due_rotations(core)
    await jobs.rotate(core)
    with pytest.raises(Frozen):
        await perform_rotation(core, system("rotate_secret", world.person.vault), secret.id)

    assert due == []
    assert await version_of(world, secret) == 1
    await unfreeze_project(core, owner, project.id, reason="over")
    await jobs.rotate(core)
    assert await version_of(world, secret) == 2


async def test_trashed_secrets_are_not_rotated_and_settings_are_purged(
    world: World, secret: SecretView, administrator: OpenConnection
) -> None:
    """S-7: deleting ends a queued rotation; purging deletes the settings too."""
    await rotating(world, secret)
    await delete_secret(world.core, world.owner, secret.id)
    with pytest.raises(NotFound):
        await queue_rotation(world.core, world.owner, secret.id)
    await purge_secret(world.core, world.owner, secret.id)

    assert await administrator.fetchval("select count(*) from rotation") == 0


async def test_a_rotation_that_fails_is_tried_again_later(
    world: World, clock: MovableClock, administrator: OpenConnection
) -> None:
    """X-1: a value that can't be decrypted doesn't cause a critical event every few seconds."""
    core, owner = world.core, world.owner
    secret = await world.structured(await world.project("billing"), "DB", "user", "password")
    await set_rotation(core, owner, secret.id, Recipe(), fields=["password"])
    await queue_rotation(core, owner, secret.id)
    await administrator.execute("update secret_material set ciphertext = '\\x00'")
    with pytest.raises(IntegrityFailure):
        await perform_rotation(core, system("rotate_secret", world.person.vault), secret.id)
    await jobs.rotate(core)
    soon = await due_rotations(core)
    clock.move(timedelta(minutes=10))

    assert soon == []
    assert await due_rotations(core) == [(world.person.vault, secret.id)]
    assert len(await world.entries("integrity_failure")) == 2


async def test_a_canary_has_no_rotation(world: World) -> None:
    """C-4: a canary can't be rotated, and the error is the same as for replacing it."""
    canary = await world.canary(await world.project("billing"))
    with pytest.raises(Conflict):
        await set_rotation(world.core, world.owner, canary.id, Recipe())


async def test_another_vaults_secret_is_not_found(world: World, other_world: World) -> None:
    """V-7: another vault's rotation can't be set, removed, queued or performed."""
    theirs = await other_world.secret(await other_world.project("theirs"), "API_KEY")
    await rotating(other_world, theirs)
    await queue_rotation(other_world.core, other_world.owner, theirs.id)
    job = system("rotate_secret", world.person.vault)
    for act in (
        set_rotation(world.core, world.owner, theirs.id, Recipe()),
        delete_rotation(world.core, world.owner, theirs.id),
        queue_rotation(world.core, world.owner, theirs.id),
        perform_rotation(world.core, job, theirs.id),
    ):
        with pytest.raises(NotFound):
            await act
    view = await read_secret(other_world.core, other_world.owner, theirs.id)
    assert view.rotation is not None
    assert view.rotation.queued_at is not None


async def test_reads_of_a_version_queue_one_rotation(world: World) -> None:
    """P-2: the Nth read of a version queues one rotation; no read is denied; each version is counted."""
    core, owner = world.core, world.owner
    project = await world.project("billing")
    secret = await rotating(world, await world.secret(project, "API_KEY"))
    machine = await granted_machine(world, project, secret)
    made = await enforced(world, project, secret, rotate_after_reads=3)
    await read(world, machine, secret, 2)
    before = await due_rotations(core)
    await asyncio.gather(*(read(world, machine, secret) for _ in range(20)))
    view = await read_secret(core, owner, secret.id)
    await jobs.rotate(core)
    after = await due_rotations(core)
    await read(world, machine, secret, 2)
    again = await due_rotations(core)
    await read(world, machine, secret)

    assert (before, after, again) == ([], [], [])
    assert view.rotation is not None
    assert view.rotation.queued_by == "web-1"
    assert await due_rotations(core) == [(world.person.vault, secret.id)]
    assert [
        msgspec.json.decode(str(each["detail"])) for each in await world.entries("rotation_queue")
    ] == [
        {"policy": made.id, "policy_name": made.name, "reads": 3, "version": version}
        for version in (1, 2)
    ]
    assert len(await world.entries("secret_read")) == 25
    assert await world.entries("secret_read_denied") == []


async def test_a_lower_limit_queues_with_the_next_read(world: World) -> None:
    """P-2: a limit that has already been passed rotates once with the next read; suspended, never."""
    core, owner = world.core, world.owner
    project = await world.project("billing")
    secret = await rotating(world, await world.secret(project, "API_KEY"))
    machine = await granted_machine(world, project, secret)
    made = await enforced(world, project, secret, rotate_after_reads=100)
    await read(world, machine, secret, 5)
    await update_policy(core, owner, made.id, conditions=Conditions(rotate_after_reads=3))
    explained = await explain_read(core, owner, secret.id, machine=str(machine.id))
    before = await due_rotations(core)
    await suspend_policy(core, owner, made.id, reason="an incident")
    await read(world, machine, secret)
    suspended = await due_rotations(core)

    assert (before, suspended, explained.allowed) == ([], [], True)
    assert (explained.steps[-1].name, explained.steps[-1].detail) == (
        "Rotation",
        "The secret is rotated after 3 reads of a version. This denies nothing.",
    )


async def test_rotation_by_a_policy_needs_settings(world: World) -> None:
    """P-2: a policy that rotates can't be applied to a secret without settings, nor lose them (409)."""
    core, owner = world.core, world.owner
    project = await world.project("billing")
    ready = await rotating(world, await world.secret(project, "READY"))
    bare = await world.secret(project, "BARE")
    rotates = await policy(world, project, rotate_after_reads=5)
    other = await policy(world, project, rotate_after_reads=5, rotate_enabled=False)
    with pytest.raises(Conflict, match="set them first for: BARE"):
        await apply_policy(core, owner, rotates.id, secrets=[ready.id, bare.id])
    await apply_policy(core, owner, rotates.id, secrets=[ready.id])
    await apply_policy(core, owner, other.id, secrets=[bare.id])
    with pytest.raises(Conflict, match="set them first for: BARE"):
        await update_policy(core, owner, other.id, conditions=Conditions(rotate_after_reads=5))
    with pytest.raises(Conflict, match="policy-0 rotates this secret"):
        await delete_rotation(core, owner, ready.id)
    assert (await read_secret(core, owner, ready.id)).rotation is not None
    await remove_policy(core, owner, rotates.id, secrets=[ready.id])
    await delete_rotation(core, owner, ready.id)


async def test_a_policy_that_rotates_needs_the_right_to_rotate(world: World) -> None:
    """P-2: without `secrets.rotate`, nobody makes a policy rotate a secret."""
    core, owner = world.core, world.owner
    names = [name for name in RIGHT_NAMES if not name.startswith("secrets.rotate")]
    access = Access(everywhere=True, rights=rights_named(names))
    author = replace(owner, authority=Authority("developer", frozenset(), access))
    project = await world.project("billing")
    secret = await rotating(world, await world.secret(project, "API_KEY"))
    rotates = await policy(world, project, rotate_after_reads=5)
    other = await policy(world, project, max_reads_per_day=5)
    await apply_policy(core, author, other.id, secrets=[secret.id])
    limits = Conditions(max_reads_per_day=9)
    both = msgspec.structs.replace(limits, rotate_after_reads=5)
    for denied in (
        apply_policy(core, author, rotates.id, secrets=[(await world.secret(project, "B")).id]),
        update_policy(core, author, other.id, conditions=both),
    ):
        with pytest.raises(Refused, match=r"you need secrets\.rotate"):
            await denied
    await update_policy(core, author, other.id, conditions=limits)
    await update_policy(core, owner, other.id, conditions=both)
    with pytest.raises(Refused, match=r"you need secrets\.rotate"):
        await enforce_policy(core, author, other.id)
    more = msgspec.structs.replace(both, max_reads_per_day=1)
    await update_policy(core, author, other.id, conditions=more)
    await update_policy(core, author, other.id, conditions=limits)
    await enforce_policy(core, author, other.id)


async def test_settings_and_a_policy_that_needs_them_take_turns(world: World) -> None:
    """P-2, H-3: however removal and application interleave, no policy ends up rotating without settings."""
    core, owner = world.core, world.owner
    project = await world.project("billing")
    rotates = await policy(world, project, rotate_after_reads=5)
    outcomes = set[tuple[bool, bool]]()
    for number in range(12):
        secret = await rotating(world, await world.secret(project, f"KEY_{number}"))
        acts: tuple[Any, ...] = (
            apply_policy(core, owner, rotates.id, secrets=[secret.id]),
            delete_rotation(core, owner, secret.id),
        )
        order = acts if number % 2 else acts[::-1]
        told = await asyncio.gather(*order, return_exceptions=True)
        view = await read_secret(core, owner, secret.id)

        assert [isinstance(each, StrongroomError) for each in told].count(True) == 1
        assert view.policy_id is None or view.rotation is not None

        outcomes.add((view.policy_id is None, view.rotation is None))
    assert outcomes <= {(True, True), (False, False)}
