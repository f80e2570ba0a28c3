"""Reading a canary freezes its project in the same transaction (C-1 to C-3, R-6)."""

from __future__ import annotations

import asyncio
from itertools import permutations
from typing import Any

import msgspec
import pytest

from strongroom_core.access.project_lock import hold_for_reading
from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.attachments import attach_machine
from strongroom_core.kernel.errors import Frozen, Refused, StrongroomError
from strongroom_core.projects.freeze import freeze_project, unfreeze_project
from strongroom_core.projects.listing import read_project
from strongroom_core.projects.views import ProjectView
from strongroom_core.reading.batch import read_batch, read_secret_value
from strongroom_core.reading.deliver import Outcome, SecretValue
from strongroom_core.reading.export import export_secrets
from strongroom_core.reading.facts import Request
from strongroom_core.reading.listing import list_granted, list_granted_projects, verify_access
from strongroom_core.reading.poll import poll_changes
from strongroom_core.secrets.canaries import Trap, list_canaries, replant_canary, update_canary
from strongroom_core.secrets.views import CanaryView, Decoy, SecretView
from strongroom_testkit.counting import Counting
from strongroom_testkit.machine import TestMachine, grant, granted_machine
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World

CASCADE = Trap(cascade=True)


async def scene(
    world: World, name: str = "billing", *, trap: Trap | None = None
) -> tuple[ProjectView, SecretView, CanaryView, TestMachine]:
    """Return a project with a secret and a canary, and a machine that can read both."""
    project = await world.project(name)
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret, hostname="ci")
    canary = await world.canary(project, trap=trap, machines=[str(machine.id)])
    return project, secret, canary, machine


async def read(world: World, machine: TestMachine, secret: SecretView | CanaryView) -> SecretValue:
    return await read_secret_value(world.core, await machine.caller(world), secret.id)


async def batch(
    world: World, *wanted: tuple[TestMachine, SecretView | CanaryView]
) -> list[Outcome]:
    """Read in one batch."""
    requests = [Request(await machine.caller(world), secret.id) for machine, secret in wanted]
    return await read_batch(world.core, requests)


def told(outcomes: list[Outcome]) -> list[str]:
    return [each.code if isinstance(each, StrongroomError) else each.name for each in outcomes]


async def frozen(world: World, *projects: ProjectView) -> list[bool]:
    found = [await read_project(world.core, world.owner, each.id) for each in projects]
    return [each.frozen_at is not None for each in found]


async def details(world: World, action: str) -> list[dict[str, Any]]:
    return [msgspec.json.decode(str(each["detail"])) for each in await world.entries(action)]


async def test_the_reader_gets_the_decoy_and_the_project_is_frozen(world: World) -> None:
    """C-2: the read, the critical entry and the freeze, which shows the machine, are committed together."""
    project, secret, canary, machine = await scene(world)
    value = await read(world, machine, canary)

    assert await world.open_value(canary.id) == value.value.reveal().decode()
    with pytest.raises(Frozen):
        await read(world, machine, secret)
    with pytest.raises(Frozen):
        await read(world, machine, canary)
    (fired,) = await world.entries("canary_triggered")
    (froze,) = await world.entries("project_freeze")
    (logged,) = await world.entries("secret_read")
    assert ("critical", "machine", "ci", canary.id, project.id) == tuple(
        fired[name] for name in ("severity", "actor_kind", "actor_name", "target_id", "project")
    )
    assert fired["tx"] == froze["tx"] == logged["tx"]
    view = await read_project(world.core, world.owner, project.id)
    assert (froze["at"], "ci", True) == (view.frozen_at, view.frozen_by, view.frozen_by_canary)
    (now,) = await list_canaries(world.core, world.owner, project.id)
    assert view.frozen_at == now.tripped_at


async def test_the_rest_of_its_batch(world: World) -> None:
    """C-2: items before the canary, and in other projects, are delivered; later ones are denied."""
    _, secret, canary, machine = await scene(world)
    shop, other, _, clerk = await scene(world, "shop")
    outcomes = await batch(
        world,
        (machine, secret),
        (machine, canary),
        (machine, secret),
        (machine, canary),
        (clerk, other),
    )

    assert ["API_KEY", "ROOT_PASSWORD", "frozen", "frozen", "API_KEY"] == told(outcomes)
    assert [False] == await frozen(world, shop)
    assert 1 == len(await world.entries("canary_triggered"))


async def test_a_cascade(world: World) -> None:
    """C-3: the machine's other projects are frozen too, unless they are already; other machines' are not."""
    project, _, canary, machine = await scene(world, trap=CASCADE)
    names = ("shop", "web", "old", "theirs")
    shop, web, old, theirs = [await world.project(name) for name in names]
    sold = await world.secret(shop, "SOLD")
    for each in (web, old):
        await attach_machine(world.core, world.owner, each.id, machine=str(machine.id))
    await grant(world, machine, shop, sold)
    await freeze_project(world.core, world.owner, old.id, reason="earlier")
    outcomes = await batch(world, (machine, canary), (machine, sold))

    assert ["ROOT_PASSWORD", "frozen"] == told(outcomes)
    assert [True, True, True, True, False] == await frozen(world, project, shop, web, old, theirs)
    assert "earlier" == (await read_project(world.core, world.owner, old.id)).freeze_reason
    by_machine = [
        entry["target_name"]
        for entry in await world.entries("project_freeze")
        if entry["actor_kind"] == "machine"
    ]
    assert ["billing", "shop", "web"] == sorted(map(str, by_machine))
    (detail,) = await details(world, "canary_triggered")
    assert {project.id, shop.id, web.id} == set(detail["froze"])


async def test_two_cascades_at_once(world: World) -> None:
    """C-3: canaries that freeze the same projects can be read at once without deadlock; each freezes once."""
    scenes = [await scene(world, name, trap=CASCADE) for name in ("a", "b", "c")]
    machines = [machine for *_, machine in scenes]
    projects = [project for project, *_ in scenes]
    for machine in machines:
        for project in projects:
            await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    for order in permutations(scenes):
        before = len(await world.entries("project_freeze"))
        reads = [batch(world, (machine, canary)) for _, _, canary, machine in order]
        outcomes = [told(outcome)[0] for outcome in await asyncio.gather(*reads)]

        assert ["ROOT_PASSWORD", "frozen", "frozen"] == sorted(outcomes)
        assert 3 == len(await world.entries("project_freeze")) - before
        for project in projects:
            await unfreeze_project(world.core, world.owner, project.id, reason="again")


async def test_a_project_attached_while_the_read_waits(
    world: World, administrator: OpenConnection
) -> None:
    """C-3: a project that the machine is attached to after the locks were chosen is frozen as well."""
    project, _, canary, machine = await scene(world, trap=CASCADE)
    late = await world.project("late")
    await administrator.execute("begin")
    await administrator.execute("select pg_advisory_xact_lock(hashtextextended($1, 0))", project.id)
    reading = asyncio.create_task(batch(world, (machine, canary)))
    await until_waiting(administrator)
    await attach_machine(world.core, world.owner, late.id, machine=str(machine.id))
    await administrator.execute("commit")

    assert ["ROOT_PASSWORD"] == told(await reading)
    assert [True, True] == await frozen(world, project, late)
    assert 1 == len(await world.entries("canary_triggered"))


async def test_an_export_fires_it(world: World) -> None:
    """R-6: if a project's canary trips, its decoys are exported, and its other secrets left out as frozen."""
    project, _, canary, machine = await scene(world)
    second = await world.canary(project, "AWS", decoy=Decoy.CLOUD_KEY, machines=[str(machine.id)])
    shop = await world.project("shop")
    await grant(world, machine, shop, await world.secret(shop, "SOLD"))
    found = await export_secrets(world.core, await machine.caller(world))

    assert [second.name, canary.name, "SOLD"] == [each.name for each in found]
    assert [True, False] == await frozen(world, project, shop)
    assert 1 == len(await world.entries("canary_triggered"))
    assert ["frozen"] == [each["reason"] for each in await world.entries("secret_read_denied")]
    canaries = await list_canaries(world.core, world.owner, project.id)
    assert all(each.tripped_at is not None for each in canaries)


async def test_an_export_of_one_project(world: World) -> None:
    """R-6: the same happens if the project was requested by ID; the next such export is denied."""
    project, _, canary, machine = await scene(world)
    found = await export_secrets(world.core, await machine.caller(world), project=project.id)

    assert [canary.name] == [each.name for each in found]
    with pytest.raises(Frozen):
        await export_secrets(world.core, await machine.caller(world), project=project.id)


async def test_unfreezing_does_not_disarm(world: World) -> None:
    """C-3: after unfreezing, the canary fires again; re-planting clears only the time it was tripped."""
    project, secret, canary, machine = await scene(world)
    await read(world, machine, canary)
    again = await replant_canary(world.core, world.owner, canary.id)
    await unfreeze_project(world.core, world.owner, project.id, reason="over")

    assert again.tripped_at is None
    assert not (await read_project(world.core, world.owner, project.id)).frozen_by_canary
    assert await read(world, machine, secret)
    assert await read(world, machine, canary)
    assert [True] == await frozen(world, project)
    assert 2 == len(await world.entries("canary_triggered"))


async def test_a_canary_that_only_records(world: World) -> None:
    """C-3: without a freeze, each read causes a critical entry, and nothing is frozen."""
    project, secret, canary, machine = await scene(world, trap=Trap(freeze=False))

    assert ["ROOT_PASSWORD", "ROOT_PASSWORD", "API_KEY"] == told(
        await batch(world, (machine, canary), (machine, canary), (machine, secret))
    )
    assert [False] == await frozen(world, project)
    assert [[], []] == [each["froze"] for each in await details(world, "canary_triggered")]


async def test_a_disabled_canary(world: World) -> None:
    """C-3: a disabled canary is read like any other secret, and freezes nothing."""
    project, _, canary, machine = await scene(world)
    await update_canary(world.core, world.owner, canary.id, enabled=False)

    assert await read(world, machine, canary)
    assert [False] == await frozen(world, project)
    assert [] == await world.entries("canary_triggered")


async def test_a_denied_read_fires_nothing(world: World) -> None:
    """C-2: without access, a canary isn't read, and its project isn't locked for others either."""
    project, secret, canary, _ = await scene(world)
    stranger = await granted_machine(world, project, secret, hostname="other")
    with pytest.raises(Refused):
        await read(world, stranger, canary)

    assert [False] == await frozen(world, project)
    async with world.core.database.transaction(world.person.vault) as connection:
        assert not await hold_for_reading(connection, [canary.id], [stranger.id])


async def test_looking_fires_nothing(world: World) -> None:
    """C-1: lists, polls and checks of access neither fire a canary nor reveal which secret is one."""
    project, _, canary, machine = await scene(world)
    other = await world.secret(project, "LOOKALIKE")
    both = [other.id, canary.id]
    await grant(world, machine, project, other, canary)  # pyright: ignore[reportArgumentType]
    core = world.core
    listed = {each.id: each for each in await list_granted(core, await machine.caller(world))}
    polled = await poll_changes(core, await machine.caller(world), both)
    await list_granted_projects(core, await machine.caller(world))
    await verify_access(core, await machine.caller(world), project=project.id)

    ours, theirs = (listed[each] for each in both)
    assert (ours.kind, ours.version, ours.field_names) == (
        theirs.kind,
        theirs.version,
        theirs.field_names,
    )
    assert polled[other.id] == polled[canary.id]
    assert [False] == await frozen(world, project)


async def test_neighbors_cost_no_statement(world: World) -> None:
    """C-1: a read next to an armed canary runs no extra statements; a read that trips it runs two."""
    project, secret, canary, machine = await scene(world)
    counting = world.core.database = Counting(world.core.database)

    async def statements(wanted: SecretView | CanaryView) -> list[str]:
        await read(world, machine, wanted)
        return counting.statements

    await statements(secret)  # The first read also records the network and the version.
    armed = await statements(secret)
    await update_canary(world.core, world.owner, canary.id, enabled=False)
    assert armed == await statements(secret)
    await read(world, machine, canary)
    await update_canary(world.core, world.owner, canary.id, enabled=True)
    assert len(armed) + 2 == len(await statements(canary))
    assert [True] == await frozen(world, project)
