"""The trash: a secret can be restored for thirty days, and then it is permanently deleted (S-7)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom_core.access.callers import system
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.attachments import attach_machine, detach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.grants.readers import list_readers
from strongroom_core.kernel.authority import Access, Authority, VaultCapability
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    Changed,
    Invalid,
    NameTaken,
    NotFound,
    Refused,
    StepUpRequired,
)
from strongroom_core.kernel.page import Cursor, PageRequest
from strongroom_core.machines.lifecycle import approve_machine, revoke_machine
from strongroom_core.projects.trash import delete_project, purge_project
from strongroom_core.projects.views import ProjectView
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.listing import list_secrets, list_trash, read_secret
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.trash import delete_secret, purge_secret, restore_secret
from strongroom_core.secrets.versions import list_versions, roll_back
from strongroom_core.secrets.views import SecretView, TrashItem
from strongroom_testkit.machine import TestMachine, approved_machine, pending_machine
from strongroom_testkit.world import World


async def trash(world: World) -> list[TrashItem]:
    return (await list_trash(world.core, world.owner, PageRequest())).items


async def test_a_trashed_secret_can_be_restored(core: Core, world: World) -> None:
    """S-7: a trashed secret can only be restored or purged; once restored, it is complete again."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    value = await world.open_value(secret.id)
    await rotate_secret(core, world.owner, secret.id, Recipe())
    await delete_secret(core, world.owner, secret.id)
    for act in (
        read_secret(core, world.owner, secret.id),
        replace_secret(core, world.owner, secret.id, Content(value="x")),
        rotate_secret(core, world.owner, secret.id, Recipe()),
        roll_back(core, world.owner, secret.id, version=1),
        list_versions(core, world.owner, secret.id, PageRequest()),
        delete_secret(core, world.owner, secret.id),
    ):
        with pytest.raises(NotFound):
            await act
    listed = await list_secrets(core, world.owner, project.id, PageRequest())

    assert listed.items == []
    restored = await restore_secret(core, world.owner, secret.id)

    assert (restored.id, restored.version, restored.revision) == (secret.id, 2, 4)
    await roll_back(core, world.owner, secret.id, version=1)

    assert await world.open_value(secret.id) == value
    assert await trash(world) == []


async def test_deleting_is_logged(world: World) -> None:
    """L-1: the event `secret_delete` has high severity, and contains the secret's name."""
    await world.trashed_secret(await world.project("billing"), "API_KEY")
    (entry,) = await world.entries("secret_delete")

    assert (entry["severity"], entry["target_name"], entry["actor_name"]) == (
        "high",
        "API_KEY",
        "ada",
    )


async def test_only_trashed_secrets_are_restored_or_purged(core: Core, world: World) -> None:
    """S-7: a live secret can't be purged; it has to be deleted first."""
    secret = await world.secret(await world.project("billing"), "API_KEY")
    for act in (
        restore_secret(core, world.owner, secret.id),
        purge_secret(core, world.owner, secret.id),
    ):
        with pytest.raises(NotFound):
            await act

    assert await read_secret(core, world.owner, secret.id) == secret


async def test_a_secret_whose_name_is_in_use_is_not_restored(core: Core, world: World) -> None:
    """S-2, S-7: a secret can't be restored while its name is in use, but can once the other is renamed."""
    project = await world.project("billing")
    old = await world.trashed_secret(project, "API_KEY")
    new = await world.secret(project, "API_KEY")
    with pytest.raises(NameTaken):
        await restore_secret(core, world.owner, old.id)
    await delete_secret(core, world.owner, new.id)

    assert (await restore_secret(core, world.owner, old.id)).name == "API_KEY"


async def test_a_stale_deletion_is_rejected(core: Core, world: World) -> None:
    """S-7: with If-Match, a secret that has changed since the caller saw it can't be deleted."""
    secret = await world.secret(await world.project("billing"), "API_KEY")
    with pytest.raises(Changed):
        await delete_secret(core, world.owner, secret.id, if_match=7)
    await delete_secret(core, world.owner, secret.id, if_match=1)


async def test_purging_deletes_every_row(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """S-7: after purging, the secret and all its versions and values are gone; the events are kept."""
    project = await world.project("billing")
    kept = await world.secret(project, "KEPT")
    secret = await world.secret(project, "API_KEY")
    for _ in range(4):
        await rotate_secret(core, world.owner, secret.id, Recipe())
    await roll_back(core, world.owner, secret.id, version=2)
    await delete_secret(core, world.owner, secret.id)
    await purge_secret(core, world.owner, secret.id)
    left = {
        table: await administrator.fetchval(
            f"select count(*) from {table} where {column} <> $1", kept.id
        )
        for table, column in (
            ("secret", "id"),
            ("secret_version", "secret"),
            ("secret_material", "secret"),
        )
    }
    (entry,) = await world.entries("secret_purge")

    assert left == {"secret": 0, "secret_version": 0, "secret_material": 0}
    assert entry["detail"] == '{"versions": 6}'
    assert await world.open_value(kept.id)
    for act in (
        restore_secret(core, world.owner, secret.id),
        purge_secret(core, world.owner, secret.id),
        read_secret(core, world.owner, secret.id),
    ):
        with pytest.raises(NotFound):
            await act


async def test_a_purge_needs_step_up(core: Core, world: World, clock: MovableClock) -> None:
    """A-5, S-7: purging needs a step-up in the last ten minutes, except for the worker."""
    project = await world.project("billing")
    one = await world.trashed_secret(project, "ONE")
    two = await world.trashed_secret(project, "TWO")
    three = await world.trashed_secret(project, "THREE")
    caller = world.owner
    clock.move(timedelta(minutes=10))
    await purge_secret(core, caller, one.id)
    clock.move(timedelta(microseconds=1))
    with pytest.raises(StepUpRequired):
        await purge_secret(core, caller, two.id)
    await purge_secret(core, replace(caller, authenticated_at=clock.now()), two.id)
    await purge_secret(core, system("purge_secret", world.person.vault), three.id)

    assert await trash(world) == []


async def test_the_trash_is_listed_newest_first_with_its_end(
    core: Core, world: World, clock: MovableClock
) -> None:
    """S-7, V-3: the trash lists secrets and projects together, with their deleters and purge times."""
    project = await world.project("billing")
    start = clock.now()
    await world.trashed_secret(project, "FIRST")
    clock.move(timedelta(hours=1))
    await world.trashed_project("second")
    clock.move(timedelta(hours=1))
    await world.trashed_secret(project, "THIRD")
    items = await trash(world)

    assert [(each.kind, each.name, each.project_name) for each in items] == [
        ("secret", "THIRD", "billing"),
        ("project", "second", "second"),
        ("secret", "FIRST", "billing"),
    ]
    assert items[2].trashed_at == start
    assert items[2].purged_at == start + timedelta(days=30)
    assert {each.trashed_by for each in items} == {world.person.username}


async def test_a_trashed_projects_secrets_are_not_listed_by_themselves(
    core: Core, world: World
) -> None:
    """V-3: a trashed project's secrets are restored with it, and can't be restored or purged separately."""
    project = await world.project("billing")
    deleted = await world.trashed_secret(project, "DELETED")
    await world.secret(project, "LIVING")
    await delete_project(core, world.owner, project.id, confirm_name="billing")

    assert [(each.kind, each.name) for each in await trash(world)] == [("project", "billing")]
    for act in (
        restore_secret(core, world.owner, deleted.id),
        purge_secret(core, world.owner, deleted.id),
    ):
        with pytest.raises(NotFound):
            await act


async def test_a_purged_project_is_in_no_list(core: Core, world: World) -> None:
    """V-3: a purged project can't be restored, so it isn't shown."""
    project = await world.trashed_project("billing")
    await purge_project(core, world.owner, project.id)

    assert await trash(world) == []


async def test_the_trash_is_paged(core: Core, world: World, clock: MovableClock) -> None:
    """S-7: paging returns each item once, even those deleted at the same instant."""
    project = await world.project("billing")
    for number in range(5):
        await world.trashed_secret(project, f"KEY_{number}")
    clock.move(timedelta(seconds=1))
    await world.trashed_secret(project, "LAST")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        request = PageRequest.parse(limit=2, cursor=cursor)
        page = await list_trash(core, world.owner, request)
        seen += [each.name for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen[0] == "LAST"
    assert sorted(seen[1:]) == [f"KEY_{n}" for n in range(5)]
    for keys in (("nonsense", "x"), ("", "")):
        with pytest.raises(Invalid):
            await list_trash(core, world.owner, PageRequest(cursor=Cursor("-trashedAt", keys)))


async def test_access_is_given_back_by_name(core: Core, world: World) -> None:
    """S-7: restoring a secret also restores the requested access, even to fields, and the event lists it."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "password")
    web, job = await reader(world, project, secret), await reader(world, project, secret, "host")
    await delete_secret(core, world.owner, secret.id)
    (item,) = await trash(world)

    assert {(each.machine_id, *each.field_names) for each in item.former_readers} == {
        (web.id,),
        (job.id, "host"),
    }
    await restore_secret(core, world.owner, secret.id, give_back=[str(job.id)])
    readers = (await list_readers(core, world.owner, secret.id, PageRequest())).items

    assert [(each.machine_id, each.fields) for each in readers] == [(job.id, ["host"])]
    (deleted,) = await world.entries("secret_delete")
    (restored,) = await world.entries("secret_restore")
    assert set(json.loads(str(deleted["detail"]))["machine_ids"]) == {str(web.id), str(job.id)}
    assert json.loads(str(restored["detail"]))["machine_ids"] == [str(job.id)]
    assert json.loads(str(restored["detail"]))["machines"][0].endswith(" (host)")


async def test_undo_gives_all_access_back(core: Core, world: World) -> None:
    """S-7: all machines still attached regain access immediately; detached and revoked ones don't."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    kept, detached, revoked = [await reader(world, project, secret) for _ in range(3)]
    await delete_secret(core, world.owner, secret.id)
    await detach_machine(core, world.owner, project.id, machine=str(detached.id))
    await revoke_machine(core, world.owner, str(revoked.id))
    (item,) = await trash(world)

    assert [each.machine_id for each in item.former_readers] == [kept.id]
    with pytest.raises(Invalid):
        await restore_secret(core, world.owner, secret.id, give_back=[str(detached.id)])
    view = await restore_secret(core, world.owner, secret.id, give_back="all")

    assert view.readers == 1
    assert (await read_secret_value(core, await kept.caller(world), secret.id)).secret == secret.id
    await delete_secret(core, world.owner, secret.id)
    await restore_secret(core, world.owner, secret.id)
    assert (await read_secret(core, world.owner, secret.id)).readers == 0


async def test_former_access_follows_the_machine(core: Core, world: World) -> None:
    """S-7, M-9: a machine's replacement inherits its former access; a machine attached again doesn't."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    replaced, detached = [await reader(world, project, secret) for _ in range(2)]
    await delete_secret(core, world.owner, secret.id)
    successor = await pending_machine(world)
    await approve_machine(core, world.owner, str(successor.id), replaces=str(replaced.id))
    await detach_machine(core, world.owner, project.id, machine=str(detached.id))
    await attach_machine(core, world.owner, project.id, machine=str(detached.id))
    (item,) = await trash(world)

    assert [each.machine_id for each in item.former_readers] == [successor.id]
    await restore_secret(core, world.owner, secret.id, give_back="all")
    readers = (await list_readers(core, world.owner, secret.id, PageRequest())).items
    assert [each.machine_id for each in readers] == [successor.id]


async def test_giving_back_needs_the_right_to_grant(core: Core, world: World) -> None:
    """S-7: with only the right to restore, the secret stays in the trash, and the denial is logged."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await reader(world, project, secret)
    await delete_secret(core, world.owner, secret.id)
    authority = Authority(
        "keeper", frozenset({VaultCapability.TRASH_MANAGE}), Access(everywhere=True)
    )
    keeper = replace(world.owner, authority=authority)
    with pytest.raises(Refused) as refused:
        await restore_secret(core, keeper, secret.id, give_back="all")

    assert refused.value.code == "no_capability"
    assert len(await trash(world)) == 1
    (entry,) = await world.entries("secret_restore")
    assert (entry["outcome"], entry["reason"]) == ("refused", "no_capability")
    assert (await restore_secret(core, keeper, secret.id)).readers == 0


async def reader(
    world: World, project: ProjectView, secret: SecretView, *fields: str
) -> TestMachine:
    """Return a new machine that can read a secret, or some of its fields."""
    machine = await approved_machine(world)
    await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    wanted = [Wanted(secret.id, list(fields) or None)]
    await set_grants(world.core, world.owner, project.id, machine=str(machine.id), wanted=wanted)
    return machine
