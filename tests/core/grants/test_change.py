"""Changing several machines' grants at once affects only the named machines and secrets (M-9)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from strongroom_core.grants.attachments import attach_machine
from strongroom_core.grants.manage import (
    MOST_CHANGES,
    MOST_NAMED,
    Reach,
    change_grants,
    list_grants,
)
from strongroom_core.grants.views import GrantsChanged
from strongroom_core.kernel.authority import Access, ProjectCapability, Right, SecretKind
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import Invalid, NotFound, Refused
from strongroom_core.machines.lifecycle import revoke_machine
from strongroom_core.projects.views import ProjectView
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.secrets.trash import delete_secret
from strongroom_core.secrets.views import SecretView
from strongroom_testkit.machine import TestMachine, approved_machine, granted_machine
from strongroom_testkit.world import World


def reach(machine: TestMachine, secret: SecretView, fields: list[str] | None = None) -> Reach:
    return Reach(str(machine.id), secret.id, fields)


async def change(
    world: World,
    project: ProjectView,
    give: list[Reach],
    take: list[Reach] | None = None,
    *,
    caller: Human | None = None,
):
    return await change_grants(
        world.core, caller or world.owner, project.id, give=give, take=take or []
    )


async def readable(world: World, project: ProjectView, machine: TestMachine) -> list[str]:
    grants = await list_grants(world.core, world.owner, project.id, machine=str(machine.id))
    return [
        each.secret_name if each.fields is None else f"{each.secret_name}#{'+'.join(each.fields)}"
        for each in grants
    ]


async def events(world: World, action: str) -> list[dict[str, Any]]:
    return [
        {"target": each["target_name"], **json.loads(str(each["detail"]))}
        for each in await world.entries(action)
    ]


def person(world: World, *held: ProjectCapability, kinds: list[SecretKind]) -> Human:
    """Return the owner with only these rights in projects."""
    rights: frozenset[Right] = frozenset((each, kind) for each in held for kind in kinds)
    access = Access(everywhere=True, rights=rights)
    return replace(world.owner, authority=replace(world.owner.authority, access=access))


async def test_many_secrets_to_many_machines_in_one_event(world: World) -> None:
    """M-9, L-6: only the requested access changes, from the next read on; the event lists every change."""
    project = await world.project("billing")
    a, b = await world.secret(project, "A"), await world.secret(project, "B")
    database = await world.structured(project, "DB", "host", "password")
    one = await granted_machine(world, project, a, hostname="web-1")
    two = await granted_machine(world, project, b, hostname="web-2")
    give = [reach(one, b), reach(two, b), reach(two, database, ["host"])]
    done = await change(world, project, give, [reach(one, a), reach(two, a)])

    assert (2, 1, []) == (done.given, done.taken, done.attached)
    assert ["B"] == await readable(world, project, one)
    assert ["B", "DB#host"] == await readable(world, project, two)
    with pytest.raises(Refused):
        await read_secret_value(world.core, await one.caller(world), a.id)
    (event,) = await events(world, "grants_change")
    assert {
        "target": "billing",
        "given": ["B: web-1", "DB#host: web-2"],
        "taken": ["A: web-1"],
        "secret_ids": sorted([a.id, b.id, database.id]),
        "machine_ids": sorted([str(one.id), str(two.id)]),
    } == event

    again = await change(world, project, give, [reach(one, a), reach(two, a)])
    assert (0, 0) == (again.given, again.taken)


async def test_events_about_one_secret_or_one_machine(world: World) -> None:
    """L-6: an event about one secret lists machines, and one about one machine lists secrets."""
    project = await world.project("billing")
    a, database = await world.secret(project, "A"), await world.structured(project, "DB", "x", "y")
    one = await granted_machine(world, project, hostname="web-1")
    two = await granted_machine(world, project, hostname="web-2")
    await change(world, project, [reach(one, database), reach(two, database, ["x"])])
    await change(world, project, [reach(one, a)], [reach(one, database)])
    about_secret, about_machine = await events(world, "grants_change")

    assert ("DB", ["web-1", "web-2 (x)"]) == (about_secret["target"], about_secret["given"])
    assert ("billing", "web-1", ["A"], ["DB"]) == (
        about_machine["target"],
        about_machine["machine_name"],
        about_machine["given"],
        about_machine["taken"],
    )


async def test_the_first_grant_attaches(world: World) -> None:
    """M-9, L-6: granting attaches the machine, with its own event; revoking attaches nothing."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    one, two = await approved_machine(world, "web-1"), await approved_machine(world, "web-2")
    done = await change(world, project, [reach(one, secret)], [reach(two, secret)])

    assert [one.id] == done.attached
    attached = {"target": "billing", "machine": str(one.id), "machine_name": "web-1"}
    assert [attached] == await events(world, "machine_attach")
    assert [["web-1"]] == [each["given"] for each in await events(world, "grants_change")]
    with pytest.raises(NotFound):
        await readable(world, project, two)


async def test_attaching_needs_its_own_capability(world: World) -> None:
    """M-9, G-1: giving an unattached machine access needs the right to attach; otherwise it isn't needed."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    one, two = await approved_machine(world, "web-1"), await approved_machine(world, "web-2")
    await attach_machine(world.core, world.owner, project.id, machine=str(one.id))
    caller = person(world, ProjectCapability.GRANTS_MANAGE, kinds=[*SecretKind])
    both = [reach(one, secret), reach(two, secret)]
    with pytest.raises(Refused) as refused:
        await change(world, project, both, caller=caller)

    assert "machines.attach" in str(refused.value)
    assert [] == await readable(world, project, one)
    (denied,) = await world.entries("grants_change")
    assert ("refused", "no_capability") == (denied["outcome"], denied["reason"])
    assert 1 == (await change(world, project, both[:1], caller=caller)).given


async def test_a_right_for_one_kind_of_secret_is_for_no_other(world: World) -> None:
    """G-1: a user who can grant single secrets can't grant structured ones."""
    project = await world.project("billing")
    single, structured = await world.secret(project, "A"), await world.structured(project, "B", "x")
    machine = await granted_machine(world, project)
    caller = person(world, ProjectCapability.GRANTS_MANAGE, kinds=[SecretKind.SINGLE])
    await change(world, project, [reach(machine, single)], caller=caller)
    with pytest.raises(Refused):
        await change(world, project, [reach(machine, structured)], caller=caller)

    assert ["A"] == await readable(world, project, machine)


async def test_nothing_changes_if_an_id_does_not_exist(world: World, other_world: World) -> None:
    """M-9, V-7: revoked machines, deleted secrets, other vaults' IDs and made-up ones get the same error."""
    project = await world.project("billing")
    secret, gone = await world.secret(project, "A"), await world.secret(project, "B")
    machine, revoked = await approved_machine(world), await approved_machine(world, "web-2")
    theirs = await other_world.secret(await other_world.project("theirs"), "A")
    foreign = await approved_machine(other_world)
    await delete_secret(world.core, world.owner, gone.id)
    await revoke_machine(world.core, world.owner, str(revoked.id))
    invented = Reach(str(machine.id), "sk_aaaaaaaaaaaaaaaa")
    wrong = [
        *(reach(each, secret) for each in (revoked, foreign)),
        *(reach(machine, each) for each in (gone, theirs)),
        invented,
    ]
    named = [f"machine {each.machine}" for each in wrong[:2]]
    named += [f"secret {each.secret}" for each in wrong[2:]]
    right = reach(machine, secret)
    for give, take in (([right, *wrong], []), ([right], wrong)):
        with pytest.raises(NotFound) as refused:
            await change(world, project, give, take)

        assert f"nothing was changed: {', '.join(named)} not found" == str(refused.value)
    for each, text in zip(wrong, named, strict=True):
        with pytest.raises(NotFound, match=f"^nothing was changed: {text} not found$"):
            await change(world, project, [right, each])
    assert [] == await world.entries("machine_attach")
    assert {"refused"} == {each["outcome"] for each in await world.entries("grants_change")}
    with pytest.raises(NotFound):
        await change(other_world, project, [right])


async def test_people_at_the_same_time_do_not_undo_each_other(world: World) -> None:
    """M-9: simultaneous changes all apply; changes for a machine revoked in the meantime have no effect."""
    project = await world.project("billing")
    secrets = [await world.secret(project, name) for name in "ABCD"]
    one, two = [await approved_machine(world, name) for name in ("web-1", "web-2")]
    revoked, *done = await asyncio.gather(
        revoke_machine(world.core, world.owner, str(two.id)),
        *(change(world, project, [reach(one, each), reach(two, each)]) for each in secrets),
        return_exceptions=True,
    )

    assert not isinstance(revoked, BaseException)
    assert {type(each) for each in done} <= {GrantsChanged, NotFound}
    given = [
        name for name, each in zip("ABCD", done, strict=True) if isinstance(each, GrantsChanged)
    ]
    late = await change(world, project, [reach(one, each) for each in secrets])
    assert (4 - len(given), 0) == (late.given, late.taken)
    assert ["A", "B", "C", "D"] == await readable(world, project, one)


@pytest.mark.parametrize("fields", [[], ["nothing"], ["x", "nothing"]])
async def test_fields_must_exist(world: World, fields: list[str]) -> None:
    """S-3: if a field doesn't exist, nothing is granted to anyone."""
    project = await world.project("billing")
    single, structured = await world.secret(project, "A"), await world.structured(project, "B", "x")
    machine = await granted_machine(world, project)
    with pytest.raises(Invalid):
        await change(world, project, [reach(machine, single), reach(machine, structured, fields)])

    assert [] == await readable(world, project, machine)


async def test_each_once_and_not_too_many(world: World) -> None:
    """M-9: a request can make at most 5,000 changes, and only one for the same machine and secret."""
    project = await world.project("billing")
    secret, machine = await world.secret(project, "A"), await approved_machine(world)
    once = reach(machine, secret)
    many = [Reach(str(machine.id), f"sk_{number}") for number in range(MOST_CHANGES)]
    for give, take in (([once], [once]), ([once, once], []), ([once], many)):
        with pytest.raises(Invalid):
            await change(world, project, give, take)

    with pytest.raises(NotFound, match=f"sk_19 and {MOST_CHANGES - MOST_NAMED} more not found"):
        await change(world, project, many)
