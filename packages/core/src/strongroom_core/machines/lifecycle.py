"""Approves, denies, enables, disables, renames and revokes machines. Applies from the next request (M-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import (
    MACHINE_APPROVE,
    MACHINE_DENY,
    MACHINE_DISABLE,
    MACHINE_ENABLE,
    MACHINE_RENAME,
    MACHINE_REVOKE,
)
from strongroom_core.access.project_lock import stop_reads_of
from strongroom_core.access.targets import is_id_of
from strongroom_core.crypto.random import new_id
from strongroom_core.grants.changes import given_and_taken, grants_of_machine
from strongroom_core.grants.scope import require_access_of
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.kernel.limits import NAME_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.limits.caps import Cap
from strongroom_core.limits.quota import require_room
from strongroom_core.machines.listing import machine_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human
    from strongroom_core.machines.views import MachineView

# Lock the row first, because a request from the machine may be in progress and about to record its network.
_FORGET = (
    "select from machine where id = $1 for update",
    "delete from secret_grant where machine = $1",
    "delete from attachment where machine = $1",
    "delete from known_pair where machine = $1",
    "delete from machine_name where machine = $1",
    "delete from machine_extension where machine = $1",
    "delete from machine_bundle where machine = $1",
    "delete from machine where id = $1",
)

_TAKES_A_PLACE = """
select not enabled and (expires_at is null or expires_at > $2) from machine where id = $1
"""


async def approve_machine(
    core: Core, caller: Human, machine: str, *, replaces: str | None = None
) -> MachineView:
    """Approve a pending machine. With `replaces`, it takes over that machine's access.

    The old machine's attachments and grants move to the new one and the old one is revoked, in the same
    transaction, so that exactly one of them has access at any moment. Raises `Conflict` for a machine that
    isn't pending, `NotFound` if `replaces` doesn't exist, and `Refused` if it has access that the caller
    couldn't grant to the new one.
    """
    async with gate.perform(core, caller, MACHINE_APPROVE, machine) as act:
        approved = await act.connection.fetchval(
            "update machine set approved_at = $2, approved_by = $3, revision = revision + 1"
            " where id = $1 and approved_at is null returning true",
            UUID(machine),
            act.at,
            act.actor[2],
        )
        if not approved:
            raise Conflict("this machine is already approved")
        if replaces is not None:
            replaced = await _take_over(act, old=replaces, new=machine)
            held = await grants_of_machine(act.connection, UUID(machine))
            act.record(
                replaces=replaces, replaces_name=replaced, **given_and_taken([], held, paths=True)
            )
        return await machine_in(act, machine, core.countries)


async def deny_machine(core: Core, caller: Human, machine: str) -> None:
    """Deny a pending machine. Its key stays reserved, so it can't register again."""
    async with gate.perform(core, caller, MACHINE_DENY, machine) as act:
        if (await machine_in(act, machine, core.countries)).approved_at is not None:
            raise Conflict("this machine is already approved; disable or revoke it instead")
        await forget_machine_rows(act.connection, UUID(machine))


async def enable_machine(core: Core, caller: Human, machine: str) -> MachineView:
    """Enable a machine. Raises `CapReached`, because disabled machines don't count."""
    async with gate.perform(core, caller, MACHINE_ENABLE, machine) as act:
        if await act.connection.fetchval(_TAKES_A_PLACE, UUID(machine), act.at):
            await require_room(act, Cap.MACHINES)
        await _switch(act.connection, machine, on=True)
        return await machine_in(act, machine, core.countries)


async def disable_machine(core: Core, caller: Human, machine: str) -> MachineView:
    """Disable a machine; its attachments and grants are kept."""
    async with gate.perform(core, caller, MACHINE_DISABLE, machine) as act:
        await _switch(act.connection, machine, on=False)
        return await machine_in(act, machine, core.countries)


async def rename_machine(
    core: Core, caller: Human, machine: str, *, name: str, if_match: int | None = None
) -> MachineView:
    """Rename a machine, and keep the old name in its history."""
    require_name(name, field="name", most=NAME_LENGTH)
    async with gate.perform(core, caller, MACHINE_RENAME, machine) as act:
        act.require_revision(if_match)
        if name != act.target.name:
            await act.connection.execute(
                "insert into machine_name (vault, id, machine, name, changed_at, changed_by)"
                " values ($1, $2, $3, $4, $5, $6)",
                act.vault,
                new_id("mnm"),
                UUID(machine),
                act.target.name,
                act.at,
                act.actor[2],
            )
            await act.connection.execute(
                "update machine set name = $2, revision = revision + 1 where id = $1",
                UUID(machine),
                name,
            )
            act.record(renamed_from=act.target.name, renamed_to=name)
        return await machine_in(act, machine, core.countries)


async def revoke_machine(core: Core, caller: Human, machine: str) -> None:
    """Delete a machine with its attachments and grants. Its key can never be registered again."""
    async with gate.perform(core, caller, MACHINE_REVOKE, machine) as act:
        view = await machine_in(act, machine, core.countries)
        held = await grants_of_machine(act.connection, UUID(machine))
        await forget_machine_rows(act.connection, UUID(machine))
        act.record(
            projects=view.projects, grants=view.grants, **given_and_taken(held, [], paths=True)
        )


async def _switch(connection: Connection, machine: str, *, on: bool) -> None:
    await connection.execute(
        "update machine set enabled = $2, revision = revision + 1"
        " where id = $1 and enabled is distinct from $2",
        UUID(machine),
        on,
    )


async def _take_over(act: gate.Act, *, old: str, new: str) -> str:
    """Move the old machine's access to the new one, and delete the old machine. Returns its name."""
    connection = act.connection
    if not is_id_of(ObjectKind.MACHINE, old):
        raise NotFound("machine to replace")
    await stop_reads_of(connection, old)
    name = await connection.fetchval(
        "select name from machine where id = $1 and approved_at is not null and id <> $2"
        " for no key update",
        UUID(old),
        UUID(new),
    )
    if name is None:
        raise NotFound("machine to replace")
    await require_access_of(act, UUID(old))
    held = await connection.fetch("select project from attachment where machine = $1", UUID(old))
    await connection.execute(
        "insert into attachment (vault, id, machine, project, attached_at, attached_by)"
        " select a.vault, t.id, $2, a.project, a.attached_at, a.attached_by"
        " from unnest($3::varchar[], $4::varchar[]) as t(id, project)"
        " join attachment a on a.machine = $1 and a.project = t.project"
        " on conflict (vault, machine, project) do nothing",
        UUID(old),
        UUID(new),
        [new_id("att") for _ in held],
        [row["project"] for row in held],
    )
    await connection.execute(
        "update secret_grant set machine = $2, seen_version = null where machine = $1",
        UUID(old),
        UUID(new),
    )
    await connection.execute(
        "update secret set former_grants = replace(former_grants::text, $1, $2)::jsonb"
        " where former_grants @> jsonb_build_array(jsonb_build_object('machine', $1::text))",
        old,
        new,
    )
    await forget_machine_rows(connection, UUID(old))
    return name


async def forget_machine_rows(connection: Connection, machine: UUID) -> None:
    """Delete a machine with everything that belongs to it. Its key stays registered."""
    for sql in _FORGET:
        await connection.execute(sql, machine)
