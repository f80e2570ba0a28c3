"""Several read-only use cases in one transaction, with one snapshot and individual decisions (L-1)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from dataclasses import replace
from typing import Any

import pytest

from strongroom_core.access.action import Lock, Plane, Recorded
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.looking import looking
from strongroom_core.core import Core
from strongroom_core.kernel.authority import Authority
from strongroom_core.kernel.errors import NotFound, Refused
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.create import create_project
from strongroom_core.projects.listing import list_projects, read_project
from strongroom_core.runtime.start import blind_core
from strongroom_core.secrets.listing import list_secrets, list_trash
from strongroom_testkit.counting import Counting
from strongroom_testkit.world import World

PAGE = PageRequest(limit=10)
ABSENT = ProjectId("proj_aaaaaaaaaaaaaaaa")


async def elsewhere(work: Coroutine[Any, Any, Any]) -> Any:
    """Run an action in a separate transaction, as a concurrent request would."""
    return await asyncio.create_task(work, context=Context())


@pytest.fixture
def counting(core: Core) -> Counting:
    """The core's database, counting transactions."""
    return Counting(core.database)


async def test_one_transaction(core: Core, counting: Counting, world: World) -> None:
    """All use cases in one block share a single transaction."""
    project = await world.project("billing")
    await world.secret(project, "API_KEY")
    async with looking(replace(core, database=counting), world.owner) as view:
        found = await read_project(view, world.owner, project.id)
        listed = await list_secrets(view, world.owner, found.id, PAGE)
        await list_trash(view, world.owner, PAGE)

    assert (["API_KEY"], 1) == ([each.name for each in listed.items], counting.begun)


async def test_one_state(core: Core, world: World) -> None:
    """A concurrent change is seen by all use cases in the block or by none."""
    await world.project("billing")
    async with looking(core, world.owner) as view:
        before = await list_projects(view, world.owner, PAGE)
        await elsewhere(world.project("orders"))
        after = await list_projects(view, world.owner, PAGE)

    assert before == after
    assert 2 == len((await list_projects(core, world.owner, PAGE)).items)


async def test_denials_are_logged_when_the_block_ends(
    core: Core, counting: Counting, world: World
) -> None:
    """L-1: each use case is decided individually; a denied one is logged when the block ends, not before."""
    nobody = replace(world.owner, authority=Authority("tested", frozenset(), None))
    before = len(await world.entries())
    async with looking(replace(core, database=counting), nobody) as view:
        with pytest.raises(Refused):
            await list_trash(view, nobody, PAGE)
        during = len(await elsewhere(world.entries()))
    [entry] = (await world.entries())[before:]

    assert before == during
    assert ("trash_view", "refused", "no_capability") == (
        entry["action"],
        entry["outcome"],
        entry["reason"],
    )
    assert 2 == counting.begun


@pytest.mark.parametrize("how", ["raised", "cancelled"])
async def test_denials_are_logged_if_the_block_fails(core: Core, world: World, how: str) -> None:
    """L-1: denials are logged even if a denial ends the block or the user leaves the page."""
    begun = asyncio.Event()

    async def look() -> None:
        async with looking(core, world.owner) as view:
            try:
                await read_project(view, world.owner, ABSENT)
            except NotFound:
                if how == "raised":
                    raise
            begun.set()
            await asyncio.Event().wait()

    before = len(await world.entries())
    task = asyncio.create_task(look())
    if how == "cancelled":
        await begun.wait()
        task.cancel()
    await asyncio.wait([task])
    [entry] = (await world.entries())[before:]

    assert task.cancelled() == (how == "cancelled")
    assert ("project_view", "refused", ABSENT) == (
        entry["action"],
        entry["outcome"],
        entry["target_id"],
    )


async def test_an_act_that_writes_an_event_is_rejected(core: Core, world: World) -> None:
    """An act that would write an event raises an error inside the block."""
    before = await world.entries()
    async with looking(core, world.owner) as view:
        with pytest.raises(ValueError, match="project_create"):
            await create_project(view, world.owner, name="billing")

    assert before == await world.entries()


async def test_the_transaction_is_read_only(core: Core, world: World) -> None:
    """PostgreSQL also rejects any attempt to write."""
    async with (
        looking(core, world.owner) as view,
        view.database.transaction(world.person.vault) as connection,
    ):
        state = await connection.fetchrow(
            "select current_setting('transaction_read_only') as reads,"
            " current_setting('transaction_isolation') as isolation, current_user as role"
        )

    assert state is not None
    assert ("on", "repeatable read", "strongroom_app") == tuple(state.values())


async def test_it_is_of_one_vault(core: Core, world: World, other_world: World) -> None:
    """V-7: a user of another vault can't share an open transaction."""
    await other_world.project("theirs")
    async with looking(core, world.owner) as view:
        with pytest.raises(ValueError, match="one vault"):
            await list_projects(view, other_world.owner, PAGE)
        own = await list_projects(view, world.owner, PAGE)

    assert [] == own.items


async def test_the_transaction_uses_the_cores_role(core: Core, world: World) -> None:
    """E-2: the shared transaction uses its core's role."""
    async with (
        looking(blind_core(core), world.owner) as view,
        view.database.transaction(world.person.vault) as connection,
    ):
        role = await connection.fetchval("select current_user")

    assert "strongroom_blind" == role
    assert view.keyring is None


def test_viewing_locks_nothing() -> None:
    """A read-only transaction can't lock rows."""
    looked_at = [
        action
        for action in ACTIONS.values()
        if Plane.HUMAN in action.planes and action.recorded is Recorded.ON_REFUSAL
    ]

    assert [] == [each.name for each in looked_at if each.lock is not Lock.NONE or each.stops_reads]
    assert len(looked_at) > 8
