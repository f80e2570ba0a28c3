"""A deleted project can be restored for 30 days; a purged one can't, and is erased in batches (V-3)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from strongroom_core.access.callers import system
from strongroom_core.core import Core
from strongroom_core.crypto.random import random_bytes
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.clock import MovableClock
from strongroom_core.kernel.errors import (
    Changed,
    Invalid,
    NameTaken,
    NotFound,
    StepUpRequired,
    StrongroomError,
)
from strongroom_core.kernel.page import PageRequest
from strongroom_core.outbox.drain import due_notes
from strongroom_core.projects.applications import create_application
from strongroom_core.projects.change import move_project, update_project
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import list_projects, read_application, read_project
from strongroom_core.projects.trash import (
    PORTION,
    delete_project,
    erase_project,
    purge_project,
    restore_project,
)
from strongroom_core.secrets.listing import list_secrets, read_secret
from strongroom_testkit.world import World

FILL = """
with made as (
    insert into secret (vault, id, project, kind, name, name_folded, changed_at, changed_by, created_at)
    select $1, 'sk_' || lpad(i::text, 16, 'b'), $2, 'single', 'K' || i, 'k' || i, $3, 'ada', $3
    from generate_series(1, $4::int) i returning vault, id, project, created_at
), material as (
    insert into secret_material
        (vault, id, project, secret, project_key, data_key, ciphertext, created_at)
    select m.vault, 'mat_' || substr(m.id, 4), m.project, m.id, k.id, $5, $5, m.created_at
    from made m join project_key k on k.project = m.project returning vault, id, secret, created_at
)
insert into secret_version (vault, id, secret, number, material, origin, actor_kind, actor_name, created_at)
select vault, 'ver_' || substr(secret, 4), secret, 1, id, 'create', 'user', 'ada', created_at
from material
"""


async def fill(administrator: OpenConnection, world: World, project: str, number: int) -> None:
    """Create many secrets in a project, with arbitrary content."""
    at = world.core.clock.now()
    await administrator.execute(FILL, world.person.vault, project, at, number, random_bytes(60))


async def left(administrator: OpenConnection, project: str) -> dict[str, int]:
    return {
        table: await administrator.fetchval(
            f"select count(*) from {table} where {condition}", project
        )
        for table, condition in (
            ("project", "id = $1"),
            ("project_key", "project = $1"),
            ("secret", "project = $1"),
            ("secret_material", "project = $1"),
            ("secret_version", "secret in (select id from secret where project = $1)"),
        )
    }


async def test_deleting_asks_for_the_name_typed_out(core: Core, world: World) -> None:
    """V-3: the name must match exactly, including case; otherwise nothing happens."""
    project = await world.project("Billing")
    for typed in ("", "billing", "Billing ", "Billing\n", project.id):
        with pytest.raises(Invalid) as caught:
            await delete_project(core, world.owner, project.id, confirm_name=typed)

        assert caught.value.field == "confirmName"

    assert await read_project(core, world.owner, project.id) == project
    await delete_project(core, world.owner, project.id, confirm_name="Billing")
    with pytest.raises(NotFound):
        await read_project(core, world.owner, project.id)


async def test_a_stale_deletion_is_rejected(core: Core, world: World) -> None:
    """V-3: with If-Match, a project that has changed since the caller saw it can't be deleted."""
    project = await world.project("billing")
    with pytest.raises(Changed):
        await delete_project(core, world.owner, project.id, confirm_name="billing", if_match=2)
    await delete_project(core, world.owner, project.id, confirm_name="billing", if_match=1)


async def test_a_trashed_project_is_not_found_until_restored(core: Core, world: World) -> None:
    """V-3: the project and its secrets can't be found; after restoring, everything is as before."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    value = await world.open_value(secret.id)
    await delete_project(core, world.owner, project.id, confirm_name="billing")
    for act in (
        read_project(core, world.owner, project.id),
        update_project(core, world.owner, project.id, name="x"),
        move_project(core, world.owner, project.id, application=None, environment=None),
        list_secrets(core, world.owner, project.id, PageRequest()),
        read_secret(core, world.owner, secret.id),
        world.secret(project, "NEW"),
        delete_project(core, world.owner, project.id, confirm_name="billing"),
    ):
        with pytest.raises(NotFound):
            await act
    restored = await restore_project(core, world.owner, project.id)

    assert (restored.id, restored.name, restored.secrets, restored.revision) == (
        project.id,
        "billing",
        1,
        3,
    )
    assert await read_secret(core, world.owner, secret.id) == secret
    assert await world.open_value(secret.id) == value


async def test_not_back_into_an_occupied_place(core: Core, world: World) -> None:
    """V-3: a name or environment that was reused in the meantime can't be taken back."""
    old = await world.trashed_project("billing")
    new = await world.project("Billing")
    with pytest.raises(NameTaken):
        await restore_project(core, world.owner, old.id)
    await update_project(core, world.owner, new.id, name="other")

    assert (await restore_project(core, world.owner, old.id)).name == "billing"
    application = await create_application(core, world.owner, name="shop", environments=["prod"])
    inside = application.projects[0]
    await delete_project(core, world.owner, inside.id, confirm_name="prod")
    await create_project(
        core, world.owner, name="next", application=application.id, environment="Prod"
    )
    with pytest.raises(NameTaken):
        await restore_project(core, world.owner, inside.id)


async def test_a_restored_project_keeps_its_application(core: Core, world: World) -> None:
    """V-2, V-3: a restored project returns to its application, at its former place in the order."""
    application = await create_application(
        core, world.owner, name="shop", environments=["a", "b", "c"]
    )
    middle = application.projects[1]
    await delete_project(core, world.owner, middle.id, confirm_name="b")
    await restore_project(core, world.owner, middle.id)
    view = await read_application(core, world.owner, application.id)

    assert [each.environment for each in view.projects] == ["a", "b", "c"]


async def test_a_purge_needs_step_up(core: Core, world: World, clock: MovableClock) -> None:
    """A-5, V-3: purging needs a step-up in the last ten minutes, except for the worker."""
    one, two = await world.trashed_project("one"), await world.trashed_project("two")
    three = await world.trashed_project("three")
    caller = world.owner
    clock.move(timedelta(minutes=10))
    await purge_project(core, caller, one.id)
    clock.move(timedelta(microseconds=1))
    with pytest.raises(StepUpRequired):
        await purge_project(core, caller, two.id)
    await purge_project(core, replace(caller, authenticated_at=clock.now()), two.id)
    await purge_project(core, system("purge_project", world.person.vault), three.id)


async def test_a_purged_project_is_not_found(core: Core, world: World) -> None:
    """V-3: once purged, before any row has been erased, it can't be restored or seen."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    await delete_project(core, world.owner, project.id, confirm_name="billing")
    await purge_project(core, world.owner, project.id)
    for act in (
        restore_project(core, world.owner, project.id),
        purge_project(core, world.owner, project.id),
        read_project(core, world.owner, project.id),
        list_secrets(core, world.owner, project.id, PageRequest()),
        read_secret(core, world.owner, secret.id),
        world.secret(project, "NEW"),
    ):
        with pytest.raises(NotFound):
            await act

    assert (await list_projects(core, world.owner, PageRequest())).items == []
    assert (await world.project("billing")).id != project.id


async def test_a_purge_orders_the_erasure_once(core: Core, world: World) -> None:
    """V-3: the note in the outbox is written with the act; of several concurrent purges one succeeds."""
    project = await world.trashed_project("billing")
    results = await asyncio.gather(
        *(purge_project(core, world.owner, project.id) for _ in range(4)), return_exceptions=True
    )
    notes = await due_notes(core)

    assert sorted(type(each).__name__ for each in results) == ["NoneType", *["NotFound"] * 3]
    assert [(note.vault, note.subject) for note in notes] == [(world.person.vault, project.id)]


async def test_erasing_works_in_batches_and_is_repeatable(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-3, S-7: 200 secrets are erased per transaction until none is left; a repeated job does no harm."""
    kept = await world.project("kept")
    await fill(administrator, world, kept.id, 0)
    secret = await world.secret(kept, "KEPT")
    project = await world.project("billing")
    await fill(administrator, world, project.id, 2 * PORTION + 1)
    await delete_project(core, world.owner, project.id, confirm_name="billing")
    await purge_project(core, world.owner, project.id)
    caller = system("erase_project", world.person.vault)
    steps: list[tuple[bool, int]] = []
    for _ in range(3):
        done = await erase_project(core, caller, project.id)
        steps.append((done, (await left(administrator, project.id))["secret"]))
    after = await left(administrator, project.id)
    again = await erase_project(core, caller, project.id)

    assert PORTION == 200
    assert steps == [(False, 201), (False, 1), (True, 0)]
    assert set(after.values()) == {0}
    assert again is True
    assert await world.open_value(secret.id)
    versions = await administrator.fetchval("select count(*) from secret_version")
    assert versions == 1


async def test_an_interrupted_erasure_continues(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-3: a failed batch is rolled back completely, and the next attempt finishes the work."""
    project = await world.project("billing")
    await fill(administrator, world, project.id, PORTION + 50)
    await delete_project(core, world.owner, project.id, confirm_name="billing")
    await purge_project(core, world.owner, project.id)
    caller = system("erase_project", world.person.vault)
    await erase_project(core, caller, project.id)
    before = await left(administrator, project.id)
    await administrator.execute("revoke insert on audit_entry from strongroom_app")
    with pytest.raises(RuntimeError):
        await erase_project(core, caller, project.id)
    interrupted = await left(administrator, project.id)
    await administrator.execute("grant insert on audit_entry to strongroom_app")
    finished = await erase_project(core, caller, project.id)

    assert before == interrupted
    assert before["secret"] == 50
    assert finished is True
    assert set((await left(administrator, project.id)).values()) == {0}


async def test_two_workers_erase_without_harm(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-3, H-3: jobs run at least once, and possibly twice at the same time."""
    project = await world.project("billing")
    await fill(administrator, world, project.id, 2 * PORTION)
    await delete_project(core, world.owner, project.id, confirm_name="billing")
    await purge_project(core, world.owner, project.id)
    caller = system("erase_project", world.person.vault)
    results = await asyncio.gather(
        *(erase_project(core, caller, project.id) for _ in range(4)), return_exceptions=True
    )

    assert not [each for each in results if isinstance(each, StrongroomError)]
    assert set((await left(administrator, project.id)).values()) == {0}


async def test_only_purged_projects_are_erased(
    core: Core, world: World, other_world: World, administrator: OpenConnection
) -> None:
    """V-3, V-7: live, trashed and foreign projects aren't affected by a job that names them."""
    living = await world.project("living")
    await world.secret(living, "API_KEY")
    trashed = await world.trashed_project("trashed")
    theirs = await other_world.trashed_project("theirs")
    await purge_project(core, other_world.owner, theirs.id)
    caller = system("erase_project", world.person.vault)
    for project in (living.id, trashed.id, theirs.id):
        await erase_project(core, caller, project)

    assert (await left(administrator, living.id))["secret"] == 1
    assert (await left(administrator, trashed.id))["project"] == 1
    assert (await left(administrator, theirs.id))["project"] == 1


async def test_the_event_for_a_deletion_has_the_number_of_secrets(core: Core, world: World) -> None:
    """V-3, L-1: the event for a deletion has high severity, and contains the number of live secrets."""
    project = await world.project("billing")
    await world.secret(project, "A")
    await world.secret(project, "B")
    await world.trashed_secret(project, "C")
    await delete_project(core, world.owner, project.id, confirm_name="billing")
    (entry,) = await world.entries("project_delete")

    assert (entry["severity"], entry["detail"]) == ("high", '{"secrets": 2}')
