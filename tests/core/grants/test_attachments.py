"""Attachments of machines to projects, which grant nothing by themselves (M-9)."""

from __future__ import annotations

import pytest

from strongroom_core.grants.attachments import (
    attach_machine,
    detach_machine,
    list_attachments,
    list_machine_projects,
)
from strongroom_core.grants.manage import Wanted, list_grants, set_grants
from strongroom_core.kernel.errors import NotFound, Refused
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.trash import delete_project
from strongroom_core.reading.batch import read_secret_value
from strongroom_testkit.machine import approved_machine, granted_machine, pending_machine
from strongroom_testkit.world import World

PAGE = PageRequest.parse(limit=None, cursor=None)


async def test_attaching_grants_nothing(world: World) -> None:
    """M-9: there are no wildcards and no inheritance, so an attached machine can't read anything yet."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await approved_machine(world)
    view = await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))

    assert ("web-1", "billing", "ada", 0) == (
        view.machine_name,
        view.project_name,
        view.attached_by,
        view.grants,
    )
    with pytest.raises(Refused) as refused:
        await read_secret_value(world.core, await machine.caller(world), secret.id)
    assert "no_grant" == refused.value.code


async def test_attaching_is_repeatable(world: World) -> None:
    """M-9: attaching again changes neither the grants nor the time of attachment."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    (before,) = (await list_attachments(world.core, world.owner, project.id, PAGE)).items
    again = await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))

    assert before == again
    assert 1 == again.grants


async def test_detaching_removes_that_projects_grants(world: World) -> None:
    """M-9: detaching takes effect on the next request, in that project only."""
    billing, shop = await world.project("billing"), await world.project("shop")
    lost, kept = await world.secret(billing, "LOST"), await world.secret(shop, "KEPT")
    machine = await granted_machine(world, billing, lost)
    key = str(machine.id)
    await attach_machine(world.core, world.owner, shop.id, machine=key)
    await set_grants(world.core, world.owner, shop.id, machine=key, wanted=[Wanted(kept.id)])
    await detach_machine(world.core, world.owner, billing.id, machine=key)

    with pytest.raises(Refused):
        await read_secret_value(world.core, await machine.caller(world), lost.id)
    assert (
        kept.id
        == (await read_secret_value(world.core, await machine.caller(world), kept.id)).secret
    )
    (entry,) = await world.entries("machine_detach")
    assert '"grants": 1' in str(entry["detail"])
    await attach_machine(world.core, world.owner, billing.id, machine=key)
    assert [] == await list_grants(world.core, world.owner, billing.id, machine=key)


async def test_machines_that_cannot_be_attached(world: World, other_world: World) -> None:
    """M-9, V-7: pending machines and machines of another vault can't be attached."""
    project = await world.project("billing")
    theirs = await approved_machine(other_world)
    waiting = await pending_machine(world)
    for machine in (str(theirs.id), str(waiting.id), str(theirs.id).upper(), "nonsense"):
        with pytest.raises(NotFound):
            await attach_machine(world.core, world.owner, project.id, machine=machine)

    mine = await approved_machine(world, "web-3")
    foreign = await other_world.project("theirs")
    with pytest.raises(NotFound):
        await attach_machine(world.core, world.owner, foreign.id, machine=str(mine.id))
    assert [] == await list_machine_projects(world.core, world.owner, str(mine.id))


async def test_detaching_an_unattached_machine(world: World) -> None:
    """M-9: a machine can't be attached to a trashed project, and the denial is logged."""
    project = await world.project("billing")
    machine = await approved_machine(world)
    with pytest.raises(NotFound):
        await detach_machine(world.core, world.owner, project.id, machine=str(machine.id))

    assert ["refused"] == [e["outcome"] for e in await world.entries("machine_detach")]


async def test_attachments_are_listed_from_both_sides(world: World) -> None:
    """M-9: a project's machines are listed by name in pages; a machine's projects exclude trashed ones."""
    billing, shop = await world.project("billing"), await world.project("shop")
    machines = [await approved_machine(world, name) for name in ("c", "a", "b")]
    for machine in machines:
        for project in (billing, shop):
            await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    first = await list_attachments(
        world.core, world.owner, billing.id, PageRequest.parse(limit=2, cursor=None)
    )
    rest = await list_attachments(
        world.core,
        world.owner,
        billing.id,
        PageRequest.parse(limit=2, cursor=first.next_cursor),
    )
    await delete_project(world.core, world.owner, shop.id, confirm_name="shop")
    projects = await list_machine_projects(world.core, world.owner, str(machines[0].id))

    assert (["a", "b"], ["c"], None) == (
        [each.machine_name for each in first.items],
        [each.machine_name for each in rest.items],
        rest.next_cursor,
    )
    assert ["billing"] == [each.project_name for each in projects]
