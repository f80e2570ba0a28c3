"""Approving, denying, enabling, disabling, renaming and revoking take effect on the next request (M-8)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRETS_LIST
from strongroom_core.core import Core
from strongroom_core.db.connection import OpenConnection
from strongroom_core.grants.attachments import attach_machine, list_machine_projects
from strongroom_core.grants.manage import list_grants
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Changed,
    Conflict,
    Invalid,
    NotFound,
    Refused,
)
from strongroom_core.machines.lifecycle import (
    approve_machine,
    deny_machine,
    disable_machine,
    enable_machine,
    rename_machine,
    revoke_machine,
)
from strongroom_core.machines.listing import read_machine
from strongroom_core.reading.batch import read_secret_value
from strongroom_core.reading.listing import list_granted
from strongroom_testkit.machine import (
    TestMachine,
    approved_machine,
    granted_machine,
    pending_machine,
)
from strongroom_testkit.members import access_role, add_member, caller_of, organize
from strongroom_testkit.waiting import until_waiting
from strongroom_testkit.world import World


async def listed(world: World, machine: TestMachine) -> int:
    """Return the number of secrets that the machine can list."""
    return len(await list_granted(world.core, await machine.caller(world)))


async def test_approving_a_machine(world: World) -> None:
    """M-8: approval records, only once, who approved the machine and when."""
    machine = await pending_machine(world)
    view = await approve_machine(world.core, world.owner, str(machine.id))

    assert "enabled" == view.state
    assert 0 == await listed(world, machine)
    with pytest.raises(Conflict):
        await approve_machine(world.core, world.owner, str(machine.id))
    assert ["done"] == [e["outcome"] for e in await world.entries("machine_approve")]


async def test_denying_a_machine(world: World) -> None:
    """M-8: a denied machine is deleted; an approved one can't be denied any more."""
    machine, approved = await pending_machine(world), await approved_machine(world, "web-2")
    await deny_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(NotFound):
        await read_machine(world.core, world.owner, str(machine.id))
    with pytest.raises(AuthenticationFailed):
        await machine.caller(world, address="127.0.4.1")
    with pytest.raises(Conflict):
        await deny_machine(world.core, world.owner, str(approved.id))

    assert 0 == await listed(world, approved)


async def test_a_machine_is_switched_off_and_on(world: World) -> None:
    """M-8: a disabled machine keeps its grants; disabling twice changes nothing."""
    project = await world.project("billing")
    machine = await granted_machine(world, project, await world.secret(project, "API_KEY"))
    first = await disable_machine(world.core, world.owner, str(machine.id))
    again = await disable_machine(world.core, world.owner, str(machine.id))

    assert ("disabled", first.revision) == (again.state, again.revision)
    with pytest.raises(Refused):
        await listed(world, machine)
    assert "enabled" == (await enable_machine(world.core, world.owner, str(machine.id))).state
    assert 1 == await listed(world, machine)


async def test_a_rename_keeps_the_history(world: World) -> None:
    """M-8: former names are kept in order; setting the current name isn't a change."""
    machine = await approved_machine(world, "web-1")
    for name in ("front", "front", "edge"):
        view = await rename_machine(world.core, world.owner, str(machine.id), name=name)

    assert ("edge", ["web-1", "front"]) == (view.name, view.former_names)
    assert "web-1" == view.hostname
    with pytest.raises(Changed):
        await rename_machine(world.core, world.owner, str(machine.id), name="x", if_match=1)
    for wrong in ("", "x" * 101, "a\nb"):
        with pytest.raises(Invalid):
            await rename_machine(world.core, world.owner, str(machine.id), name=wrong)


async def test_revoking_a_machine(world: World, administrator: OpenConnection) -> None:
    """M-8: revoking deletes attachments, grants, names and the machine; its events stay in the audit log."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    machine = await granted_machine(world, project, secret)
    await rename_machine(world.core, world.owner, str(machine.id), name="edge")
    await read_secret_value(world.core, await machine.caller(world), secret.id)
    await revoke_machine(world.core, world.owner, str(machine.id))

    for table in ("machine", "attachment", "secret_grant", "known_pair", "machine_name"):
        assert 0 == await administrator.fetchval(f"select count(*) from {table}"), table
    (entry,) = await world.entries("machine_revoke")
    taken = {"given": [], "taken": ["billing/API_KEY"], "secret_ids": [secret.id]}
    assert {"projects": 1, "grants": 1, **taken} == json.loads(str(entry["detail"]))
    assert 1 == len(await world.entries("secret_read"))
    with pytest.raises(NotFound):
        await revoke_machine(world.core, world.owner, str(machine.id))


async def test_replacing_a_machine(world: World) -> None:
    """M-3: with `replaces`, the grants move to the new machine and the old one is revoked, in one act."""
    project, other = await world.project("billing"), await world.project("shop")
    secret = await world.secret(project, "API_KEY")
    old = await granted_machine(world, project, secret)
    await attach_machine(world.core, world.owner, other.id, machine=str(old.id))
    new = await pending_machine(world, "web-1")

    assert old.id == (await read_machine(world.core, world.owner, str(new.id))).replaces
    view = await approve_machine(world.core, world.owner, str(new.id), replaces=str(old.id))
    assert (2, 1, None) == (view.projects, view.grants, view.replaces)
    names = [
        each.project_name
        for each in await list_machine_projects(world.core, world.owner, str(new.id))
    ]
    assert ["billing", "shop"] == names
    read = await read_secret_value(world.core, await new.caller(world), secret.id)
    assert secret.id == read.secret
    with pytest.raises(AuthenticationFailed):
        await read_secret_value(world.core, await old.caller(world, address="127.0.4.2"), secret.id)


async def test_replacing_needs_the_rights_to_give_the_same_access(world: World) -> None:
    """M-3, O-3: nobody makes their machine read what they can't grant to a machine."""
    await organize(world)
    here, there = await world.project("billing"), await world.project("shop")
    old = await granted_machine(world, here, await world.secret(here, "API_KEY"))
    other = await granted_machine(world, there, await world.structured(there, "LOGIN", "USER"))
    rights = ["machines.attach", "grants.manage", "secrets.view:single"]
    access = await access_role(world, "Billing", rights=rights, projects=[here.id])
    account = await add_member(world, "nora", "admin", access.id)
    bare = await add_member(world, "rosa", "admin", None)
    limited, without = [
        await caller_of(world, each, name) for each, name in ((account, "nora"), (bare, "rosa"))
    ]
    assert limited is not None
    assert without is not None
    new = [await pending_machine(world, f"new-{n}") for n in range(2)]

    for caller, replaced in ((without, old), (without, other), (limited, other)):
        with pytest.raises(Refused, match="access that you can't give"):
            await approve_machine(world.core, caller, str(new[0].id), replaces=str(replaced.id))
    assert "pending" == (await read_machine(world.core, world.owner, str(new[0].id))).state
    view = await approve_machine(world.core, limited, str(new[0].id), replaces=str(old.id))
    assert 1 == view.projects
    await approve_machine(world.core, world.owner, str(new[1].id), replaces=str(other.id))


async def test_the_old_machine_works_until_it_is_replaced(world: World) -> None:
    """M-3: registering with a known hostname doesn't affect the existing machine."""
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    old = await granted_machine(world, project, secret)
    new = await pending_machine(world, "WEB-1")
    await read_secret_value(world.core, await old.caller(world), secret.id)
    view = await approve_machine(world.core, world.owner, str(new.id))

    assert (0, 0) == (view.projects, view.grants)
    await read_secret_value(world.core, await old.caller(world), secret.id)
    granted = await list_grants(world.core, world.owner, project.id, machine=str(old.id))
    assert [secret.id] == [each.secret_id for each in granted]


@pytest.mark.parametrize("wrong", ["itself", "pending", "foreign", "absent", "nonsense"])
async def test_machines_that_cannot_be_replaced(
    world: World, other_world: World, wrong: str
) -> None:
    """M-3, V-7: only an approved machine of this vault can be replaced; otherwise nothing changes."""
    new = await pending_machine(world)
    replaces = {
        "itself": str(new.id),
        "pending": str((await pending_machine(world)).id),
        "foreign": str((await approved_machine(other_world)).id),
        "absent": "00000000-0000-4000-8000-000000000000",
        "nonsense": "nonsense",
    }[wrong]
    with pytest.raises(NotFound):
        await approve_machine(world.core, world.owner, str(new.id), replaces=replaces)

    assert "pending" == (await read_machine(world.core, world.owner, str(new.id))).state


@pytest.mark.parametrize(
    "act", [approve_machine, deny_machine, enable_machine, disable_machine, revoke_machine]
)
async def test_another_vaults_machine_is_not_found(world: World, other_world: World, act) -> None:
    """V-7: another vault's machine gives the same error as one that never existed, and doesn't change."""
    theirs = await pending_machine(other_world)
    for machine in (str(theirs.id), "00000000-0000-4000-8000-000000000000", "nonsense"):
        with pytest.raises(NotFound):
            await act(world.core, world.owner, machine)

    assert (
        "pending" == (await read_machine(other_world.core, other_world.owner, str(theirs.id))).state
    )


@asynccontextmanager
async def listing_under_way(core: Core, world: World, machine: TestMachine) -> AsyncGenerator[None]:
    """Hold the machine's first act from this address open while the block runs."""
    inside, go_on = asyncio.Event(), asyncio.Event()
    caller = await machine.caller(world, address="127.0.4.3")

    async def hold() -> None:
        async with gate.perform(core, caller, SECRETS_LIST):
            inside.set()
            await go_on.wait()

    task = asyncio.create_task(hold())
    await inside.wait()
    try:
        yield
    finally:
        go_on.set()
        await task


@pytest.mark.parametrize("how", ["revoked", "replaced"])
async def test_a_machine_is_removed_while_it_acts(
    core: Core, world: World, administrator: OpenConnection, how: str
) -> None:
    """M-8: a machine's first request from an address doesn't prevent its removal."""
    machine, new = await approved_machine(world), await pending_machine(world)
    async with listing_under_way(core, world, machine):
        ending = asyncio.create_task(
            revoke_machine(core, world.owner, str(machine.id))
            if how == "revoked"
            else approve_machine(core, world.owner, str(new.id), replaces=str(machine.id))
        )
        await until_waiting(administrator)
    await ending
    with pytest.raises(NotFound):
        await read_machine(core, world.owner, str(machine.id))


async def test_a_machine_acts_while_it_is_removed(
    core: Core, world: World, administrator: OpenConnection
) -> None:
    """WIRE 2: a request that began before the removal is served, the next isn't, and none gets a 500."""
    machine = await approved_machine(world)
    caller = await machine.caller(world, address="127.0.4.4")
    # Stops the removal after it has begun and before it commits.
    await administrator.execute("begin")
    await administrator.execute("lock table audit_entry in share row exclusive mode")
    removing = asyncio.create_task(revoke_machine(core, world.owner, str(machine.id)))
    await until_waiting(administrator)
    listed = await list_granted(core, caller)
    await administrator.execute("commit")
    await removing

    assert [] == listed
    with pytest.raises(AuthenticationFailed):
        await machine.caller(world, address="127.0.4.5")
        await list_granted(core, await machine.caller(world, address="127.0.4.5"))
