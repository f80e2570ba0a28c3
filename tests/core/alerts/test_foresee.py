"""What expires soon, and limits that are nearly used, are announced once each (N-1, Q-2)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.audit.list import list_entries
from strongroom_core.audit.wording import wording_of
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.enrollment import NewToken, create_enrollment_token
from strongroom_core.machines.temporary import extend_machine
from strongroom_core.machines.terms import Terms
from strongroom_core.projects.listing import list_projects
from strongroom_core.projects.trash import delete_project
from strongroom_testkit.machine import temporary_machine
from strongroom_testkit.plans import set_limits
from strongroom_worker import jobs

if TYPE_CHECKING:
    from strongroom_core.kernel.clock import MovableClock
    from strongroom_testkit.world import World

OURS = ("machine_expiring", "enrollment_token_expiring", "cap_near", "cap_reached")


async def announced(world: World) -> list[str]:
    """Look ahead in two processes at once; return all announcements so far, as sentences, oldest first."""
    await asyncio.gather(*(jobs.look_ahead(world.core) for _ in range(2)))
    page = await list_entries(world.core, world.owner, PageRequest(200), oldest_first=True)
    return [
        wording_of(each).sentence(each.actor_name) for each in page.items if each.action in OURS
    ]


async def test_machines_and_tokens_that_expire_soon(world: World, clock: MovableClock) -> None:
    """N-1: a day before they expire, each is announced once; an extended machine is announced again."""
    core, owner = world.core, world.owner
    week, day = timedelta(days=7), timedelta(hours=24)
    machine = await temporary_machine(world, lifetime=week)
    await temporary_machine(world, "short", lifetime=day)
    for name, lifetime in (("deploy", week), ("brief", day)):
        wanted = NewToken(
            name=name,
            lifetime=int(lifetime.total_seconds()),
            terms=Terms(machine_lifetime=3600, max_uses=100),
        )
        token = await create_enrollment_token(core, owner, wanted)
        world.markers.note(token.token)
    early = await announced(world)
    clock.move(timedelta(days=6, hours=1, minutes=1))
    first = await announced(world)
    again = await announced(world)
    until = clock.now() + timedelta(days=3)
    await extend_machine(core, owner, str(machine.id), until=until, reason="a longer test")
    extended = await announced(world)
    clock.move(timedelta(days=2, minutes=1))
    last = await announced(world)

    assert [] == early
    assert {"temp-1 expires within 24 hours", "deploy expires within 24 hours"} == set(first)
    assert first == again == extended
    assert [*first, "temp-1 expires within 24 hours"] == last


async def test_limits_that_are_nearly_used(world: World) -> None:
    """Q-2: 80% and 100% of a limit are announced once, and again after the limit wasn't reached."""
    await set_limits(world.core, projects=5)
    said: list[list[str]] = []
    for number in range(5):
        await world.project(f"project-{number}")
        said.append(await announced(world))
    projects = await list_projects(world.core, world.owner, PageRequest(2))
    for each in projects.items:
        await delete_project(world.core, world.owner, each.id, confirm_name=each.name)
    await announced(world)
    await world.project("another")
    end = await announced(world)
    near = "The server found that a limit of the plan is nearly reached (4 of 5 projects)"
    reached = "The server found that a limit of the plan is reached (5 of 5 projects)"

    assert [[], [], [], [near], [near, reached]] == said
    assert [near, reached, near] == end


async def test_a_limit_that_is_reached_at_once(world: World) -> None:
    """Q-2: a limit that is reached at once causes no separate event that it is nearly reached."""
    for number in range(5):
        await world.project(f"project-{number}")
    await set_limits(world.core, projects=5)

    assert ["The server found that a limit of the plan is reached (5 of 5 projects)"] == (
        await announced(world)
    )
