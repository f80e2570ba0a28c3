"""Approve, deny, enable, disable, rename, revoke: all at once effective on the next request (M-8)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.access.project_lock import stop_reads_of
from strongroom_core.access.targets import is_id_of
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.kernel.names import require_name
from strongroom_core.machines.listing import machine_in

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human
    from strongroom_core.machines.views import MachineView

NAME_LENGTH = 100

# First the row is held against requests of the machine that are under way: one of them may be about
# to note where the machine comes from.
_FORGET = (
    "select from machine where id = $1 for update",
    "delete from secret_grant where machine = $1",
    "delete from attachment where machine = $1",
    "delete from known_pair where machine = $1",
    "delete from machine_name where machine = $1",
    "delete from machine where id = $1",
)


async def approve_machine(
    core: Core, caller: Human, machine: str, *, replaces: str | None = None
) -> MachineView:
    """Let a pending machine in. With `replaces`, it takes over that machine's place.

    The old machine's attachments and grants pass to the new one and the old one is revoked, in the
    same transaction: there is no moment with neither or with both. Raises `Conflict` for a machine
    that does not wait, `NotFound` for a `replaces` that is not there.
    """
    async with gate.perform(core, caller, Action.MACHINE_APPROVE, machine) as act:
        approved = await act.connection.fetchval(
            "update machine set approved_at = $2, approved_by = $3, revision = revision + 1"
            " where id = $1 and approved_at is null returning true",
            UUID(machine),
            act.at,
            act.actor[2],
        )
        if not approved:
            raise Conflict("this machine was approved already")
        if replaces is not None:
            await _take_over(act.connection, old=replaces, new=machine)
            act.record(replaces=replaces)
        return await machine_in(act.connection, machine)


async def deny_machine(core: Core, caller: Human, machine: str) -> None:
    """Turn a pending machine away. Its key stays taken, so that it cannot come again."""
    async with gate.perform(core, caller, Action.MACHINE_DENY, machine) as act:
        if (await machine_in(act.connection, machine)).approved_at is not None:
            raise Conflict("this machine was approved: disable or revoke it instead")
        await _forget(act.connection, UUID(machine))


async def enable_machine(core: Core, caller: Human, machine: str) -> MachineView:
    """Switch a machine on again."""
    async with gate.perform(core, caller, Action.MACHINE_ENABLE, machine) as act:
        await _switch(act.connection, machine, on=True)
        return await machine_in(act.connection, machine)


async def disable_machine(core: Core, caller: Human, machine: str) -> MachineView:
    """Switch a machine off; its attachments and grants stay for when it is switched on."""
    async with gate.perform(core, caller, Action.MACHINE_DISABLE, machine) as act:
        await _switch(act.connection, machine, on=False)
        return await machine_in(act.connection, machine)


async def rename_machine(
    core: Core, caller: Human, machine: str, *, name: str, if_match: int | None = None
) -> MachineView:
    """Give a machine another name, and keep the old one in its history."""
    require_name(name, field="name", most=NAME_LENGTH)
    async with gate.perform(core, caller, Action.MACHINE_RENAME, machine) as act:
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
        return await machine_in(act.connection, machine)


async def revoke_machine(core: Core, caller: Human, machine: str) -> None:
    """Remove a machine with its attachments and grants. Its key can never be enrolled again."""
    async with gate.perform(core, caller, Action.MACHINE_REVOKE, machine) as act:
        view = await machine_in(act.connection, machine)
        await _forget(act.connection, UUID(machine))
        act.record(projects=view.projects, grants=view.grants)


async def _switch(connection: Connection, machine: str, *, on: bool) -> None:
    await connection.execute(
        "update machine set enabled = $2, revision = revision + 1"
        " where id = $1 and enabled is distinct from $2",
        UUID(machine),
        on,
    )


async def _take_over(connection: Connection, *, old: str, new: str) -> None:
    """Move what the old machine holds to the new one, and remove the old."""
    if not is_id_of(ObjectKind.MACHINE, old):
        raise NotFound("machine to replace")
    await stop_reads_of(connection, old)
    known = await connection.fetchval(
        "select true from machine where id = $1 and approved_at is not null and id <> $2"
        " for no key update",
        UUID(old),
        UUID(new),
    )
    if not known:
        raise NotFound("machine to replace")
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
    await _forget(connection, UUID(old))


async def _forget(connection: Connection, machine: UUID) -> None:
    for sql in _FORGET:
        await connection.execute(sql, machine)
