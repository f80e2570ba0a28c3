"""Machines read on, whatever happens to the members who approved them (O-7)."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.access.roles import BUILT_IN
from strongroom_core.grants.attachments import attach_machine
from strongroom_core.grants.manage import Wanted, set_grants
from strongroom_core.machines.lifecycle import approve_machine, disable_machine
from strongroom_core.members.manage import (
    MemberChanges,
    remove_member,
    resume_member,
    suspend_member,
    update_member,
)
from strongroom_core.members.ownership import leave_vault, transfer_ownership
from strongroom_core.members.vault_roles import create_vault_role
from strongroom_core.vaults.settings import convert_vault
from strongroom_testkit.machine import TestMachine, granted_machine, pending_machine
from strongroom_testkit.members import access_role, add_member, caller_of, member_id
from strongroom_testkit.plans import set_limits

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId, SecretId
    from strongroom_testkit.world import World

    Read = Callable[[TestMachine, str], Awaitable[int]]

ROLES = ("admin", "developer", "collaborator")
FEW, MANY = 1, 20
"""How many members with each role there are, besides as many owners and members with a custom role."""

READERS = 3
"""Per machine."""


@dataclass(slots=True)
class Load:
    """Machines that read without a pause, with the status of every read."""

    read: Read
    statuses: Counter[int] = field(default_factory=Counter[int])
    machines: list[TestMachine] = field(default_factory=list[TestMachine])
    readers: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])
    going: bool = True

    def add(self, machine: TestMachine, path: str) -> None:
        """Let another machine read."""
        self.machines.append(machine)
        readers = (asyncio.create_task(self._run(machine, path)) for _ in range(READERS))
        self.readers.extend(readers)

    async def _run(self, machine: TestMachine, path: str) -> None:
        while self.going:
            self.statuses[await self.read(machine, path)] += 1

    async def reads(self, wanted: int) -> None:
        """Wait until there have been this many more reads."""
        until = self.statuses.total() + wanted
        async with asyncio.timeout(60):
            while self.statuses.total() < until:
                await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """Wait for the reads under way."""
        self.going = False
        await asyncio.gather(*self.readers)


async def approved_by(
    world: World, admin: Human, project: ProjectId, secret: SecretId
) -> TestMachine:
    """Register a machine that this member approves and gives its access."""
    machine = await pending_machine(world)
    core, number = world.core, str(machine.id)
    await approve_machine(core, admin, number)
    await attach_machine(core, admin, project, machine=number)
    await set_grants(core, admin, project, machine=number, wanted=[Wanted(secret)])
    return machine


async def change_everyone(world: World, read: Read, each: int) -> Load:
    """Convert a vault, and suspend, re-role and remove all members but one owner, while machines read.

    There are `each` members with each role. Returns the load, which is still going.
    """
    core, owner = world.core, world.owner
    await set_limits(core, members=None)
    project = await world.project("billing")
    secret = await world.secret(project, "API_KEY")
    path, load = f"/v1/secret/{secret.id}", Load(read)
    load.add(await granted_machine(world, project, secret), path)
    await load.reads(1)
    await convert_vault(core, owner, world.person.vault, name="Acme")
    access = (await access_role(world, "All")).id
    most = [name for name in BUILT_IN["admin"] if name != "roles.assign"]
    custom = (await create_vault_role(core, owner, name="Most", capabilities=most)).id
    first = await caller_of(world, await add_member(world, "first", "admin", access), "first")
    assert first is not None
    load.add(await approved_by(world, first, project.id, secret.id), path)
    people = [await member_id(world, first.account)]
    for role in (*ROLES, custom, "owner"):
        for number in range(each):
            name = f"{role.lower()}-{number}".replace("_", "-")
            start = "developer" if role == "owner" else role
            person = await add_member(world, name, start, access if role != "owner" else None)
            people.append(await member_id(world, person))
            if role == "owner":
                await transfer_ownership(core, owner, people[-1], stay_owner=True)
    for member in people:
        await suspend_member(core, owner, member)
        await load.reads(1)
    for member in people:
        await resume_member(core, owner, member)
        await update_member(
            core, owner, member, MemberChanges(vault_role="collaborator", access_role="")
        )
        await load.reads(1)
    leaver = await caller_of(world, await add_member(world, "leaver"), "leaver")
    assert leaver is not None
    await leave_vault(core, leaver)
    for member in people:
        await remove_member(core, owner, member)
        await load.reads(1)
    return load


async def test_machines_are_untouched(world: World, ask: Any) -> None:
    """O-7: while a vault is converted, and all members but one change and go, no read is refused."""

    async def read(machine: TestMachine, path: str) -> int:
        return (await ask(machine, "GET", path)).status

    load = await change_everyone(world, read, FEW)
    await load.stop()

    assert {200} == set(load.statuses)


@pytest.mark.prove
async def test_many_members_under_load(nodes: Any, signed_get: Any) -> None:
    """O-7: the same with 101 members, and machines that read from two processes; it notices a refusal."""
    world: World = nodes.world
    clients = nodes.clients()
    turn = 0

    async def read(machine: TestMachine, path: str) -> int:
        nonlocal turn
        turn += 1
        return await signed_get(clients[turn % len(clients)], world, machine, path)

    load = await change_everyone(world, read, MANY)
    untouched = dict(load.statuses)
    await disable_machine(world.core, world.owner, str(load.machines[-1].id))
    await load.reads(20)
    await load.stop()
    print(
        f"\n{5 * MANY + 1} members changed: {untouched}; then a machine was disabled: {load.statuses}"
    )
    for client in clients:
        await client.aclose()

    assert {200} == set(untouched)
    assert {200, 403} == set(load.statuses)
