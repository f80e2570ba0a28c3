"""Acts that conflict wait for each other; all others run concurrently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from strongroom_core.access import gate
from strongroom_core.access.action import Action
from strongroom_core.access.actions.projects import PROJECT_DELETE, PROJECT_UPDATE
from strongroom_core.access.actions.secrets import SECRET_CREATE, SECRET_REPLACE, SECRET_VIEW
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Changed, NotFound
from strongroom_core.projects.change import update_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World


@asynccontextmanager
async def under_way(
    core: Core, world: World, action: Action, target: str, *, kind: SecretKind | None = None
) -> AsyncGenerator[None]:
    """Hold an act open in a separate task while the block runs, then let it commit."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with gate.perform(core, world.owner, action, target, kind=kind):
            inside.set()
            await go_on.wait()

    task = asyncio.create_task(hold())
    await inside.wait()
    try:
        yield
    finally:
        go_on.set()
        await task


async def test_two_changes_of_one_object_follow_each_other(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """H-3: the second change waits for the first and sees its result."""
    project = await world.project("billing")
    async with under_way(core, world, PROJECT_UPDATE, project.id):
        second = asyncio.create_task(
            update_project(core, world.owner, project.id, name="shop", if_match=project.revision)
        )
        await until_waiting(administrator)

        assert not second.done()
    changed = await second

    assert (changed.name, changed.revision) == ("shop", project.revision + 1)


async def test_one_of_simultaneous_changes_succeeds(core: Core, world: World) -> None:
    """H-3: with If-Match, exactly one of many simultaneous changes succeeds."""
    project = await world.project("billing")
    results = await asyncio.gather(
        *(
            update_project(
                core, world.owner, project.id, name=f"name {n}", if_match=project.revision
            )
            for n in range(8)
        ),
        return_exceptions=True,
    )
    lost = [result for result in results if isinstance(result, Changed)]

    assert len(lost) == 7
    assert len(await world.entries("project_update")) == 1


async def test_deleting_a_project_waits_for_a_secret_on_its_way_in(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-3: the number reported for the secrets deleted with a project is exact."""
    project = await world.project("billing")
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def create_slowly() -> None:
        async with gate.perform(
            core, world.owner, SECRET_CREATE, project.id, kind=SecretKind.SINGLE
        ) as act:
            await act.connection.execute(
                "insert into secret (vault, id, project, kind, name, name_folded, changed_at,"
                " changed_by, created_at) values ($1, 'sk_x', $2, 'single', 'A', 'a', $3, 'ada', $3)",
                act.vault,
                project.id,
                act.at,
            )
            inside.set()
            await go_on.wait()

    creating = asyncio.create_task(create_slowly())
    await inside.wait()
    deleting = asyncio.create_task(
        delete_project(core, world.owner, project.id, confirm_name="billing")
    )
    await until_waiting(administrator)

    assert not deleting.done()
    go_on.set()
    await asyncio.gather(creating, deleting)
    (entry,) = await world.entries("project_delete")

    assert entry["detail"] == '{"secrets": 1}'


async def test_a_secret_is_not_put_into_a_project_on_its_way_out(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-3: once a project's deletion has begun, creating a secret waits and then doesn't find the project."""
    project = await world.project("billing")
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def delete_slowly() -> None:
        async with gate.perform(core, world.owner, PROJECT_DELETE, project.id) as act:
            await act.connection.execute(
                "update project set trashed_at = $2, trashed_by = 'x' where id = $1",
                project.id,
                act.at,
            )
            inside.set()
            await go_on.wait()

    deleting = asyncio.create_task(delete_slowly())
    await inside.wait()
    creating = asyncio.create_task(world.secret(project, "API_KEY"))
    await until_waiting(administrator)

    assert not creating.done()
    go_on.set()
    await deleting
    with pytest.raises(NotFound):
        await creating


async def test_an_act_on_a_secret_keeps_its_project(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """V-3: a project can't be trashed while one of its secrets is being changed."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    async with under_way(core, world, SECRET_REPLACE, secret.id):
        deleting = asyncio.create_task(
            delete_project(core, world.owner, project.id, confirm_name="billing")
        )
        await until_waiting(administrator)

        assert not deleting.done()
    await deleting


async def test_two_secrets_go_into_one_project_at_once(core: Core, world: World) -> None:
    """H-3: two secrets can be created in one project at once, and neither creation waits."""
    project = await world.project("billing")
    async with under_way(core, world, SECRET_CREATE, project.id, kind=SecretKind.SINGLE):
        secret = await world.secret(project, "API_KEY")

    assert secret.version == 1


async def test_viewing_does_not_wait(core: Core, world: World) -> None:
    """H-3: lists and metadata can be read during a change."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    async with (
        under_way(core, world, SECRET_REPLACE, secret.id),
        gate.perform(core, world.owner, SECRET_VIEW, secret.id) as act,
    ):
        assert act.target.name == "API_KEY"


async def test_of_two_deletions_one_wins(core: Core, world: World) -> None:
    """S-7: of two simultaneous deletions one succeeds, and the other finds nothing."""
    secret = await world.secret(await world.project("billing"), "API_KEY")
    results = await asyncio.gather(
        *(delete_secret(core, world.owner, secret.id) for _ in range(4)), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == [
        "NoneType",
        "NotFound",
        "NotFound",
        "NotFound",
    ]
