"""Attach machines to projects and detach them. An attachment grants nothing by itself (M-9)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.access.targets import is_id_of
from strongroom_core.crypto.random import new_id
from strongroom_core.grants.views import AttachmentView
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import ProjectId

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest

_ATTACHMENTS = """
select a.id, m.id as machine_id, m.name as machine_name, p.id as project_id,
       p.name as project_name, a.attached_at, a.attached_by,
       (select count(*) from secret_grant g
        where g.machine = a.machine and g.project = a.project) as grants,
       (select count(*) from secret s
        where s.project = a.project and s.trashed_at is null) as secrets,
       f.name as application_name, p.environment, p.frozen_at,
       m.enabled as machine_enabled, m.last_seen_at
from attachment a
join machine m on m.vault = a.vault and m.id = a.machine
join project p on p.vault = a.vault and p.id = a.project and p.trashed_at is null
left join application f on f.vault = p.vault and f.id = p.application
"""

_ATTACH = """
insert into attachment (vault, id, machine, project, attached_at, attached_by)
values ($1, $2, $3, $4, $5, $6) on conflict (vault, machine, project) do nothing
"""


async def attach_machine(
    core: Core, caller: Human, project: ProjectId, *, machine: str
) -> AttachmentView:
    """Attach an approved machine to a project. Attaching it again changes nothing."""
    async with gate.perform(core, caller, Action.MACHINE_ATTACH, project) as act:
        key, name = await require_machine(act.connection, machine)
        await act.connection.execute(
            _ATTACH, act.vault, new_id("att"), key, project, act.at, act.actor[2]
        )
        act.record(machine=machine, machine_name=name)
        rows = await act.connection.fetch(
            f"{_ATTACHMENTS} where a.machine = $1 and a.project = $2", key, project
        )
        return _view(rows[0])


async def detach_machine(core: Core, caller: Human, project: ProjectId, *, machine: str) -> None:
    """Detach a machine, and take away what it was granted in this project."""
    async with gate.perform(core, caller, Action.MACHINE_DETACH, project) as act:
        key, name = await require_machine(act.connection, machine)
        removed = await act.connection.fetch(
            "delete from secret_grant where machine = $1 and project = $2 returning id",
            key,
            project,
        )
        gone = await act.connection.fetchval(
            "delete from attachment where machine = $1 and project = $2 returning true",
            key,
            project,
        )
        if not gone:
            raise NotFound("attachment")
        act.record(machine=machine, machine_name=name, grants=len(removed))


async def list_attachments(
    core: Core, caller: Human, project: ProjectId, page: PageRequest
) -> Page[AttachmentView]:
    """Return the machines attached to a project, by name."""
    name, after = page.after or (None, None)
    async with gate.perform(core, caller, Action.PROJECT_VIEW, project) as act:
        rows = await act.connection.fetch(
            f"{_ATTACHMENTS} where a.project = $1"
            " and ($2::text is null or (m.name, m.id::text) > ($2, $3))"
            " order by m.name, m.id::text limit $4",
            project,
            name,
            after,
            page.limit + 1,
        )
    items = [_view(row) for row in rows]
    return page.page(items, lambda item: (item.machine_name, str(item.machine_id)))


async def list_machine_projects(core: Core, caller: Human, machine: str) -> list[AttachmentView]:
    """Return the projects a machine is attached to, by name."""
    async with gate.perform(core, caller, Action.MACHINE_VIEW, machine) as act:
        rows = await act.connection.fetch(
            f"{_ATTACHMENTS} where a.machine = $1 order by p.name, p.id", UUID(machine)
        )
    return [_view(row) for row in rows]


async def require_machine(connection: Connection, machine: str) -> tuple[UUID, str]:
    """Return id and name of an approved machine of this vault, and keep it there until the act ends."""
    if not is_id_of(ObjectKind.MACHINE, machine):
        raise NotFound("machine")
    row = await connection.fetchrow(
        "select id, name from machine where id = $1 and approved_at is not null for share",
        UUID(machine),
    )
    if row is None:
        raise NotFound("machine")
    return row["id"], row["name"]


def _view(row: Row) -> AttachmentView:
    return AttachmentView(
        row["machine_id"],
        row["machine_name"],
        ProjectId(row["project_id"]),
        row["project_name"],
        row["attached_at"],
        row["attached_by"],
        row["grants"],
        row["secrets"],
        row["application_name"],
        row["environment"],
        row["frozen_at"],
        row["machine_enabled"],
        row["last_seen_at"],
    )
