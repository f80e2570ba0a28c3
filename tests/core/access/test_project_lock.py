"""Reads, and changes that end access, wait for each other, separately in each project (M-8, V-4)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from strongroom_core.access.project_lock import hold_for_reading
from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.attachments import detach_machine
from strongroom_core.grants.manage import set_grants
from strongroom_core.machines.lifecycle import (
    approve_machine,
    disable_machine,
    enable_machine,
    revoke_machine,
)
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.projects.trash import delete_project
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.machine import granted_machine, pending_machine
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World

Scene = dict[str, Any]
Act = Callable[[World, Scene], Awaitable[object]]


async def _replace(world: World, scene: Scene) -> None:
    pending = await pending_machine(world, "web-2")
    await approve_machine(world.core, world.owner, str(pending.id), replaces=scene["machine"])


ENDS_READS: dict[str, Act] = {
    "freeze": lambda w, s: freeze_project(w.core, w.owner, s["project"], reason="drill"),
    "delete project": lambda w, s: delete_project(
        w.core, w.owner, s["project"], confirm_name="billing"
    ),
    "delete secret": lambda w, s: delete_secret(w.core, w.owner, s["secret"]),
    "detach": lambda w, s: detach_machine(w.core, w.owner, s["project"], machine=s["machine"]),
    "take grants": lambda w, s: set_grants(
        w.core, w.owner, s["project"], machine=s["machine"], wanted=[]
    ),
    "disable": lambda w, s: disable_machine(w.core, w.owner, s["machine"]),
    "revoke": lambda w, s: revoke_machine(w.core, w.owner, s["machine"]),
    "replace": _replace,
}


NOBODY = UUID(int=0)
"""Who reads doesn't matter, unless the secret is a canary."""


@pytest.fixture
async def scene(world: World) -> Scene:
    """A machine that can read a secret in one project, and another project with a secret."""
    project, other = await world.project("billing"), await world.project("other")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    elsewhere = await world.secret(other, "ELSEWHERE")
    return {
        "project": project.id,
        "secret": secret.id,
        "machine": str(machine.id),
        "elsewhere": elsewhere.id,
    }


@asynccontextmanager
async def reading(world: World, *secrets: str) -> AsyncGenerator[None]:
    """Lock secrets in the same way as an uncommitted read."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with world.core.database.transaction(world.person.vault) as connection:
            await hold_for_reading(connection, secrets, [NOBODY] * len(secrets))
            inside.set()
            await go_on.wait()

    task = asyncio.create_task(hold())
    started = asyncio.create_task(inside.wait())
    await asyncio.wait({task, started}, return_when=asyncio.FIRST_COMPLETED)
    if not started.done():
        started.cancel()
        await task
    try:
        yield
    finally:
        go_on.set()
        await task


@pytest.mark.parametrize("act", ENDS_READS.values(), ids=ENDS_READS)
async def test_acts_that_end_access_wait_for_reads(
    world: World, scene: Scene, administrator: OpenConnection, act: Act
) -> None:
    """M-8, V-4: an act that ends access waits for reads in progress, so no read commits after it."""
    async with reading(world, scene["secret"]):
        ending = asyncio.create_task(asyncio.wait_for(act(world, scene), 60))
        await until_waiting(administrator)

        assert not ending.done()
    await ending


@pytest.mark.parametrize("act", ENDS_READS.values(), ids=ENDS_READS)
async def test_reads_of_another_project_do_not_matter(world: World, scene: Scene, act: Act) -> None:
    """M-8: an act on one project never waits for readers of another."""
    async with reading(world, scene["elsewhere"]):
        await asyncio.wait_for(act(world, scene), 60)


async def test_readers_do_not_wait_for_each_other(world: World, scene: Scene) -> None:
    """R-1: reads share the locks on their projects, even for many secrets in many projects at once."""
    first = reading(world, scene["secret"], scene["elsewhere"])
    async with first, asyncio.timeout(60), reading(world, scene["secret"]):
        pass


async def test_acts_that_restore_access_do_not_wait(world: World, scene: Scene) -> None:
    """M-8, V-4: enabling a machine or unfreezing a project takes no access away, so it doesn't wait."""
    await freeze_project(world.core, world.owner, scene["project"], reason="drill")
    async with reading(world, scene["secret"]):
        await asyncio.wait_for(enable_machine(world.core, world.owner, scene["machine"]), 60)
        await asyncio.wait_for(
            unfreeze_project(world.core, world.owner, scene["project"], reason="over"), 60
        )


async def test_a_read_waits_for_a_freeze(
    world: World, scene: Scene, administrator: OpenConnection
) -> None:
    """V-4: a read that arrives during a freeze's transaction waits for it, and is then blocked."""
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def freeze_slowly() -> None:
        async with world.core.database.transaction(world.person.vault) as connection:
            await connection.fetch(
                "select pg_advisory_xact_lock(hashtextextended($1, 0))", scene["project"]
            )
            inside.set()
            await go_on.wait()

    async def read() -> None:
        async with reading(world, scene["secret"]):
            pass

    freezing = asyncio.create_task(freeze_slowly())
    await inside.wait()
    waiting = asyncio.create_task(read())
    await until_waiting(administrator)

    assert not waiting.done()
    go_on.set()
    await asyncio.gather(freezing, waiting)
