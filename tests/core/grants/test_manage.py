"""Setting grants replaces what a machine may read in a project, one secret at a time (M-9, S-3)."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from strongroom_core.grants.attachments import attach_machine
from strongroom_core.grants.manage import MOST, Wanted, list_grants, set_grants
from strongroom_core.kernel.errors import Invalid, NotFound, Refused
from strongroom_core.projects.views import ProjectView
from strongroom_core.secrets.read import read_secret
from strongroom_testkit.machine import TestMachine, approved_machine, granted_machine
from strongroom_testkit.world import World


async def attached_machine(world: World, project: ProjectView) -> TestMachine:
    """A machine that is attached and was granted nothing."""
    machine = await approved_machine(world)
    await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    return machine


async def put(world: World, project: ProjectView, machine: TestMachine, *wanted: Wanted):
    """Set what the machine may read in the project."""
    return await set_grants(
        world.core, world.owner, project.id, machine=str(machine.id), wanted=wanted
    )


async def test_setting_replaces_the_set(world: World) -> None:
    """M-9: exactly what is named stays; both directions hold from the next request on."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, a)
    done = await put(world, project, machine, Wanted(b.id))

    assert ([b.id], []) == ([each.secret_id for each in done.grants], done.ignored)
    with pytest.raises(Refused):
        await read_secret(world.core, await machine.caller(world), a.id)
    assert b.id == (await read_secret(world.core, await machine.caller(world), b.id)).secret
    emptied = await put(world, project, machine)
    assert [] == emptied.grants
    with pytest.raises(Refused):
        await read_secret(world.core, await machine.caller(world), b.id)


async def test_what_stays_granted_keeps_its_past(world: World) -> None:
    """M-9, R-7: when it was granted and what was last seen do not change with the set."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, a)
    await read_secret(world.core, await machine.caller(world), a.id)
    (before,) = await list_grants(world.core, world.owner, project.id, machine=str(machine.id))
    done = await put(world, project, machine, Wanted(a.id), Wanted(b.id))

    assert 1 == before.seen_version
    assert before == done.grants[0]
    assert done.grants[1].seen_version is None


async def test_ignored_ids_are_told(world: World, other_world: World) -> None:
    """M-9: what is not a live secret of this project is ignored, told, and counted on the record."""
    project, other = await world.project("billing"), await world.project("shop")
    mine = await world.secret(project, "MINE")
    elsewhere = await world.secret(other, "ELSEWHERE")
    theirs = await other_world.secret(await other_world.project("theirs"), "THEIRS")
    gone = await world.trashed_secret(project, "GONE")
    machine = await attached_machine(world, project)
    wrong = [elsewhere.id, theirs.id, gone.id, "sk_aaaaaaaaaaaaaaaa", "nonsense", ""]
    done = await put(world, project, machine, Wanted(mine.id), *map(Wanted, wrong))

    assert ([mine.id], wrong) == ([each.secret_id for each in done.grants], done.ignored)
    entry = (await world.entries("grants_set"))[-1]
    detail = msgspec.json.decode(str(entry["detail"]))
    named = {"machine": str(machine.id), "machine_name": "web-1"}
    assert {**named, "granted": 1, "removed": 0, "ignored": 6} == detail


async def test_only_granted_fields_leave(world: World) -> None:
    """S-3: a grant of some fields delivers exactly these, and can be widened again."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "user", "password")
    machine = await attached_machine(world, project)
    for fields, expected in (
        (["user"], {"user"}),
        (["host", "user"], {"host", "user"}),
        (None, {"host", "user", "password"}),
    ):
        await put(world, project, machine, Wanted(secret.id, fields))
        read = await read_secret(world.core, await machine.caller(world), secret.id)

        assert expected == set(msgspec.json.decode(read.value.reveal()))
        assert expected == set(read.field_names or [])


@pytest.mark.parametrize("fields", [[], ["nothing"], ["host", "nothing"], ["HOST"]])
async def test_fields_the_secret_has_not(world: World, fields: list[str]) -> None:
    """S-3: refused as a whole, and what was granted stays."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "user")
    machine = await granted_machine(world, project, secret)
    with pytest.raises(Invalid):
        await put(world, project, machine, Wanted(secret.id, fields))
    (grant,) = await list_grants(world.core, world.owner, project.id, machine=str(machine.id))

    assert grant.fields is None


async def test_a_single_secret_has_no_fields(world: World) -> None:
    """S-3: fields of a single secret cannot be granted."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await attached_machine(world, project)
    with pytest.raises(Invalid):
        await put(world, project, machine, Wanted(secret.id, ["value"]))

    assert [] == await list_grants(world.core, world.owner, project.id, machine=str(machine.id))


async def test_each_secret_once_and_not_too_many(world: World) -> None:
    """M-9: a set names each secret once, and 2,000 at most."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await attached_machine(world, project)
    with pytest.raises(Invalid):
        await put(world, project, machine, Wanted(secret.id), Wanted(secret.id))
    many = [Wanted(f"sk_{number}") for number in range(MOST)]
    with pytest.raises(Invalid):
        await put(world, project, machine, *many, Wanted(secret.id))

    assert MOST == len((await put(world, project, machine, *many)).ignored)


async def test_grants_need_an_attachment(world: World, other_world: World) -> None:
    """M-9: nothing is granted to a machine that is not attached, of another vault or absent."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    foreign = await other_world.project("theirs")
    theirs = await attached_machine(other_world, foreign)
    mine = await approved_machine(world)
    for machine in (mine, theirs):
        with pytest.raises(NotFound):
            await put(world, project, machine, Wanted(secret.id))
        with pytest.raises(NotFound):
            await list_grants(world.core, world.owner, project.id, machine=str(machine.id))
    with pytest.raises(NotFound):
        await put(world, foreign, mine)


async def test_two_sets_at_once_leave_one_of_them(world: World) -> None:
    """M-9: sets are not mixed, however many people set them at the same moment."""
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in "ABCDEF"]
    machine = await attached_machine(world, project)
    sets = [secrets[:2], secrets[2:4], secrets[4:]]
    await asyncio.gather(
        *(
            put(world, project, machine, *(Wanted(each.id) for each in chosen))
            for chosen in sets * 3
        )
    )
    grants = await list_grants(world.core, world.owner, project.id, machine=str(machine.id))

    assert [each.secret_id for each in grants] in [[each.id for each in one] for one in sets]
