"""Setting grants replaces a machine's grants in a project, one secret at a time (M-9, S-3)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import msgspec
import pytest

from strongroom_core.audit.filter import EntryFilter
from strongroom_core.audit.list import list_entries
from strongroom_core.grants.attachments import attach_machine, detach_machine
from strongroom_core.grants.manage import MOST, Wanted, list_grants, set_grants
from strongroom_core.kernel.errors import Invalid, NotFound, Refused
from strongroom_core.kernel.page import PageRequest
from strongroom_core.machines.lifecycle import approve_machine, revoke_machine
from strongroom_core.projects.views import ProjectView
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.create import Content
from strongroom_core.secrets.replace import replace_secret
from strongroom_testkit.machine import (
    TestMachine,
    approved_machine,
    granted_machine,
    pending_machine,
)
from strongroom_testkit.world import World


async def attached_machine(world: World, project: ProjectView) -> TestMachine:
    """A machine that is attached and has no grants."""
    machine = await approved_machine(world)
    await attach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    return machine


async def put(world: World, project: ProjectView, machine: TestMachine, *wanted: Wanted):
    """Set the machine's grants in the project."""
    return await set_grants(
        world.core, world.owner, project.id, machine=str(machine.id), wanted=wanted
    )


async def test_setting_replaces_the_set(world: World) -> None:
    """M-9: the machine can read exactly the named secrets, from the next request on."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, a)
    done = await put(world, project, machine, Wanted(b.id))

    assert ([b.id], []) == ([each.secret_id for each in done.grants], done.ignored)
    with pytest.raises(Refused):
        await read_secret_value(world.core, await machine.caller(world), a.id)
    assert b.id == (await read_secret_value(world.core, await machine.caller(world), b.id)).secret
    emptied = await put(world, project, machine)
    assert [] == emptied.grants
    with pytest.raises(Refused):
        await read_secret_value(world.core, await machine.caller(world), b.id)


async def test_an_unchanged_grant_keeps_its_history(world: World) -> None:
    """M-9, R-7: an unchanged grant keeps the time it was granted and the last version seen."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    machine = await granted_machine(world, project, a)
    await read_secret_value(world.core, await machine.caller(world), a.id)
    (before,) = await list_grants(world.core, world.owner, project.id, machine=str(machine.id))
    done = await put(world, project, machine, Wanted(a.id), Wanted(b.id))

    assert 1 == before.seen_version
    assert before == done.grants[0]
    assert done.grants[1].seen_version is None


async def test_ignored_ids_are_returned(world: World, other_world: World) -> None:
    """M-9: IDs that aren't live secrets in this project are ignored and returned; their number is logged."""
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
    changed = {"given": ["MINE"], "taken": [], "secret_ids": [mine.id]}
    assert {**named, **changed, "granted": 1, "removed": 0, "ignored": 6} == detail


async def test_only_granted_fields_leave(world: World) -> None:
    """S-3: with a grant for some fields, a machine gets exactly these; the grant can be extended later."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "user", "password")
    machine = await attached_machine(world, project)
    for fields, expected in (
        (["user"], {"user"}),
        (["host", "user"], {"host", "user"}),
        (None, {"host", "user", "password"}),
    ):
        await put(world, project, machine, Wanted(secret.id, fields))
        read = await read_secret_value(world.core, await machine.caller(world), secret.id)

        assert expected == set(msgspec.json.decode(read.value.reveal()))
        assert expected == set(read.field_names or [])


@pytest.mark.parametrize("fields", [[], ["nothing"], ["host", "nothing"], ["HOST"]])
async def test_fields_the_secret_has_not(world: World, fields: list[str]) -> None:
    """S-3: an invalid set is rejected as a whole, and the existing grants are kept."""
    project = await world.project("billing")
    secret = await world.structured(project, "DATABASE", "host", "user")
    machine = await granted_machine(world, project, secret)
    with pytest.raises(Invalid):
        await put(world, project, machine, Wanted(secret.id, fields))
    (grant,) = await list_grants(world.core, world.owner, project.id, machine=str(machine.id))

    assert grant.fields is None


async def test_a_single_secret_has_no_fields(world: World) -> None:
    """S-3: fields of a single secret can't be granted."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await attached_machine(world, project)
    with pytest.raises(Invalid):
        await put(world, project, machine, Wanted(secret.id, ["value"]))

    assert [] == await list_grants(world.core, world.owner, project.id, machine=str(machine.id))


async def test_each_secret_once_and_not_too_many(world: World) -> None:
    """M-9: a set can contain at most 2,000 secrets, each at most once."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await attached_machine(world, project)
    with pytest.raises(Invalid):
        await put(world, project, machine, Wanted(secret.id), Wanted(secret.id))
    many = [Wanted(f"sk_{number}") for number in range(MOST)]
    with pytest.raises(Invalid):
        await put(world, project, machine, *many, Wanted(secret.id))

    assert MOST == len((await put(world, project, machine, *many)).ignored)


async def test_the_first_grant_attaches(world: World, other_world: World) -> None:
    """M-9, L-6: a grant attaches the machine, with a separate event; an empty set or a foreign ID doesn't."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    foreign = await other_world.project("theirs")
    theirs = await attached_machine(other_world, foreign)
    mine = await approved_machine(world)
    for machine, wanted in ((mine, []), (theirs, [Wanted(secret.id)])):
        with pytest.raises(NotFound):
            await put(world, project, machine, *wanted)
        with pytest.raises(NotFound):
            await list_grants(world.core, world.owner, project.id, machine=str(machine.id))
    with pytest.raises(NotFound):
        await put(world, foreign, mine)
    await put(world, project, mine, Wanted(secret.id))

    assert "web-1" == (await detail_of(world, "machine_attach"))["machine_name"]
    assert ["API_KEY"] == (await detail_of(world, "grants_set"))["given"]


async def test_simultaneous_sets_leave_one_of_them(world: World) -> None:
    """M-9: if two sets of grants are saved at once, one of them applies completely."""
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


async def detail_of(world: World, action: str) -> dict[str, Any]:
    """Return the details of the newest event of an action."""
    return json.loads(str((await world.entries(action))[-1]["detail"]))


async def test_events_name_added_and_removed_grants(world: World) -> None:
    """L-6: an event lists each secret and field that a machine gained or lost, and no others."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    database = await world.structured(project, "DATABASE", "host", "password")
    machine = await granted_machine(world, project, a)
    await put(world, project, machine, Wanted(a.id), Wanted(b.id), Wanted(database.id, ["host"]))
    given = await detail_of(world, "grants_set")
    await put(world, project, machine, Wanted(b.id), Wanted(database.id))
    changed = await detail_of(world, "grants_set")
    await detach_machine(world.core, world.owner, project.id, machine=str(machine.id))
    taken = await detail_of(world, "machine_detach")

    assert (given["given"], given["taken"]) == (["B", "DATABASE#host"], [])
    assert given["secret_ids"] == sorted([b.id, database.id])
    assert (changed["given"], changed["taken"]) == (["DATABASE"], ["A", "DATABASE#host"])
    assert (taken["given"], taken["taken"]) == ([], ["B", "DATABASE"])
    of_b = await list_entries(world.core, world.owner, PageRequest(), EntryFilter(target_id=b.id))
    assert [each.action for each in of_b.items] == ["machine_detach", "grants_set", "secret_create"]


async def test_a_successor_and_a_revoked_machine_leave_their_secrets_in_the_log(
    world: World,
) -> None:
    """L-6: when a machine's access passes to another machine or ends, the event contains the full paths."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    successor = await pending_machine(world)
    await approve_machine(world.core, world.owner, str(successor.id), replaces=str(machine.id))
    passed = await detail_of(world, "machine_approve")
    await revoke_machine(world.core, world.owner, str(successor.id))
    ended = await detail_of(world, "machine_revoke")

    assert (passed["given"], passed["replaces"]) == (["billing/A"], str(machine.id))
    assert (ended["taken"], ended["secret_ids"]) == (["billing/A"], [secret.id])


async def test_removing_a_field_names_its_readers(world: World) -> None:
    """L-6, S-3: the event for removing a field from a secret lists the machines that could read it."""
    project = await world.project("billing")
    database = await world.structured(project, "DATABASE", "host", "password")
    machine = await attached_machine(world, project)
    await put(world, project, machine, Wanted(database.id, ["host", "password"]))
    await replace_secret(
        world.core, world.owner, database.id, Content(), removed_fields=["password"]
    )
    detail = await detail_of(world, "secret_replace")

    assert detail["machine_ids"] == [str(machine.id)]
    assert detail["machines"][0].endswith(" (password)")
    of_machine = EntryFilter(machine=str(machine.id))
    page = await list_entries(world.core, world.owner, PageRequest(), of_machine)
    assert page.items[0].action == "secret_replace"
