"""The lists that a machine can see: only the names of secrets it has been granted (WIRE 3)."""

from __future__ import annotations

import pytest

from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.kernel.errors import Refused
from strongroom_core.projects.freeze import freeze_project
from strongroom_core.reading.listing import list_granted, verify_access
from strongroom_core.secrets.trash import delete_secret
from strongroom_testkit.contents import contents
from strongroom_testkit.machine import approved_machine, grant, granted_machine, pending_machine
from strongroom_testkit.world import World


async def test_only_granted_secrets_are_listed(world: World, other_world: World) -> None:
    """M-9: only granted secrets of this vault are listed, for all projects or for one."""
    billing, shop = await world.project("billing"), await world.project("shop")
    a, c = await world.secret(billing, "A"), await world.secret(shop, "C")
    await world.secret(billing, "NOT_GRANTED")
    theirs = await other_world.project("theirs")
    await granted_machine(other_world, theirs, await other_world.secret(theirs, "THEIRS"))
    machine = await granted_machine(world, billing, a)
    await grant(world, machine, shop, c)
    everything = await list_granted(world.core, await machine.caller(world))

    assert [("A", "single", "billing", None), ("C", "single", "shop", None)] == [
        (each.name, each.kind, each.project_name, each.application) for each in everything
    ]
    for project, expected in ((shop.id, [c.id]), (theirs.id, []), ("nonsense", [])):
        listed = await list_granted(world.core, await machine.caller(world), project=project)

        assert expected == [each.id for each in listed]


async def test_only_granted_fields_are_listed(world: World) -> None:
    """WIRE 3: `fieldNames` contains only the granted fields, in order, and is null for single secrets."""
    project = await world.project("billing")
    single = await world.secret(project, "A")
    structured = await world.structured(project, "B", "host", "user", "password")
    machine = await granted_machine(world, project, single, structured)
    before = await list_granted(world.core, await machine.caller(world))
    await set_grants(
        world.core,
        world.owner,
        project.id,
        machine=str(machine.id),
        wanted=[Wanted(single.id), Wanted(structured.id, ["password", "host"])],
    )
    after = await list_granted(world.core, await machine.caller(world))

    assert [None, ["host", "user", "password"]] == [each.field_names for each in before]
    assert [None, ["host", "password"]] == [each.field_names for each in after]


async def test_deleted_secrets_are_not_listed(world: World) -> None:
    """S-7: deleted secrets disappear from the list on the next request."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    await delete_secret(world.core, world.owner, secret.id)

    assert [] == await list_granted(world.core, await machine.caller(world))


async def test_listing_is_not_a_read(world: World, administrator: OpenConnection) -> None:
    """R-6: listing isn't logged or counted as a read; it works in frozen projects, where reads don't."""
    project = await world.project("billing")
    secret = await world.secret(project, "A")
    machine = await granted_machine(world, project, secret)
    await list_granted(world.core, await machine.caller(world))
    await freeze_project(world.core, world.owner, project.id, reason="drill")
    before = await contents(administrator, "request_nonce")

    assert [secret.id] == [
        each.id for each in await list_granted(world.core, await machine.caller(world))
    ]
    assert before == await contents(administrator, "request_nonce")


async def test_verify_access(world: World, other_world: World) -> None:
    """WIRE 3: the result says whether a machine is attached; foreign, trashed and bad IDs look the same."""
    project, unattached = await world.project("billing"), await world.project("shop")
    machine = await granted_machine(world, project)
    foreign = await other_world.project("theirs")
    found = await verify_access(world.core, await machine.caller(world), project=project.id)

    assert (True, "billing") == (found.valid, found.project_name)
    for each in (unattached.id, foreign.id, "proj_aaaaaaaaaaaaaaaa", "nonsense", ""):
        found = await verify_access(world.core, await machine.caller(world), project=each)

        assert (False, None) == (found.valid, found.project_name)


async def test_pending_machines(world: World) -> None:
    """R-1: a pending machine sees nothing."""
    machine, approved = await pending_machine(world), await approved_machine(world, "web-2")
    with pytest.raises(Refused):
        await list_granted(world.core, await machine.caller(world))
    with pytest.raises(Refused):
        await verify_access(world.core, await machine.caller(world), project="nonsense")

    assert [] == await list_granted(world.core, await approved.caller(world))
