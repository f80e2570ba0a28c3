"""The trash: thirty days to have a secret back, and then it is gone for good (S-7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    Changed,
    Invalid,
    NameTaken,
    NotFound,
    StepUpRequired,
)
from strongroom_core.kernel.page import PageRequest
from strongroom_core.operate.sweep import worker
from strongroom_core.projects.trash import delete_project, purge_project
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.generate import Recipe
from strongroom_core.secrets.listing import list_secrets, list_trash, read_secret
from strongroom_core.secrets.replace import replace_secret, rotate_secret
from strongroom_core.secrets.trash import delete_secret, purge_secret, restore_secret
from strongroom_core.secrets.versions import list_versions, roll_back
from strongroom_core.secrets.views import TrashItem
from strongroom_testkit.world import World


async def trash(world: World) -> list[TrashItem]:
    return (await list_trash(world.core, world.owner, PageRequest())).items


async def test_what_is_deleted_is_absent_and_can_be_had_back(core: Core, world: World) -> None:
    """S-7: in the trash it answers to nothing but restore and purge; restored it is whole again."""
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


async def test_deleting_is_on_the_record(world: World) -> None:
    """L-1: secret_delete is of high severity, and names the secret."""
    await world.trashed_secret(await world.project("billing"), "API_KEY")
    (entry,) = await world.entries("secret_delete")

    assert (entry["severity"], entry["target_name"], entry["actor_name"]) == (
        "high",
        "API_KEY",
        "ada",
    )


async def test_only_what_is_deleted_is_restored_or_purged(core: Core, world: World) -> None:
    """S-7: a living secret cannot be purged: deleting it comes first."""
    secret = await world.secret(await world.project("billing"), "API_KEY")
    for act in (
        restore_secret(core, world.owner, secret.id),
        purge_secret(core, world.owner, secret.id),
    ):
        with pytest.raises(NotFound):
            await act

    assert await read_secret(core, world.owner, secret.id) == secret


async def test_a_name_given_away_meanwhile_stays_given(core: Core, world: World) -> None:
    """S-2, S-7: restoring into a taken name is refused; under another name of that one it works."""
    project = await world.project("billing")
    old = await world.trashed_secret(project, "API_KEY")
    new = await world.secret(project, "API_KEY")
    with pytest.raises(NameTaken):
        await restore_secret(core, world.owner, old.id)
    await delete_secret(core, world.owner, new.id)

    assert (await restore_secret(core, world.owner, old.id)).name == "API_KEY"


async def test_a_deletion_of_what_was_changed_meanwhile_is_refused(
    core: Core, world: World
) -> None:
    """S-7: with If-Match, what nobody looked at is not deleted."""
    secret = await world.secret(await world.project("billing"), "API_KEY")
    with pytest.raises(Changed):
        await delete_secret(core, world.owner, secret.id, if_match=7)
    await delete_secret(core, world.owner, secret.id, if_match=1)


async def test_a_purge_leaves_no_row(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """S-7: the secret, all its versions and every value are gone; the entries stay."""
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


async def test_a_purge_needs_a_fresh_proof(core: Core, world: World, clock: MovableClock) -> None:
    """A-5, S-7: ten minutes old serves, older does not; the worker needs none."""
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
    await purge_secret(core, worker("purge_secret", world.person.vault), three.id)

    assert await trash(world) == []


async def test_the_trash_is_listed_newest_first_with_its_end(
    core: Core, world: World, clock: MovableClock
) -> None:
    """S-7, V-3: secrets and projects together, who deleted them, and when each is purged."""
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
    """V-3: they come back with the project, and cannot be restored or purged into one that is gone."""
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
    """V-3: from the purge on nobody can have it back, so nobody is shown it."""
    project = await world.trashed_project("billing")
    await purge_project(core, world.owner, project.id)

    assert await trash(world) == []


async def test_the_trash_is_paged(core: Core, world: World, clock: MovableClock) -> None:
    """S-7: page by page, each once, also those deleted in the same instant."""
    project = await world.project("billing")
    for number in range(5):
        await world.trashed_secret(project, f"KEY_{number}")
    clock.move(timedelta(seconds=1))
    await world.trashed_secret(project, "LAST")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        request = PageRequest.parse(limit=2, cursor=cursor, keys=2)
        page = await list_trash(core, world.owner, request)
        seen += [each.name for each in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen[0] == "LAST"
    assert sorted(seen[1:]) == [f"KEY_{n}" for n in range(5)]
    for after in (("nonsense", "x"), ("", "")):
        with pytest.raises(Invalid):
            await list_trash(core, world.owner, PageRequest(after=after))
