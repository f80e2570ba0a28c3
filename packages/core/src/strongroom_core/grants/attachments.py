"""Attaches machines to projects and detaches them. An attachment grants nothing by itself (M-9)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import MACHINE_ATTACH, MACHINE_DETACH, MACHINE_VIEW
from strongroom_core.access.actions.projects import PROJECT_VIEW
from strongroom_core.access.targets import is_id_of
from strongroom_core.access.visible import project_exists, secret_exists
from strongroom_core.crypto.random import new_id
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.grants.changes import given_and_taken, grants_of_machine
from strongroom_core.grants.views import AttachmentView
from strongroom_core.kernel.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from strongroom_core.access.action import Action
    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.kernel.page import CountedPage, PageRequest

# `{secret}` is the condition that the secret `s` exists for the caller.
_GRANTS = """
(select count(*) from secret_grant g join secret s on s.vault = g.vault and s.id = g.secret
 where g.machine = a.machine and g.project = a.project and {secret})
"""

ATTACHMENTS = Listing(
    columns=f"""
        m.id as machine_id, m.name as machine_name, p.id as project_id,
        p.name as project_name, a.attached_at, a.attached_by, {_GRANTS} as grants,
        (select count(*) from secret s
         where s.project = a.project and s.trashed_at is null and {{secret}}) as secrets,
        f.name as application_name, p.environment, p.frozen_at,
        m.enabled as machine_enabled, m.last_seen_at
    """,
    source="""
        attachment a
        join machine m on m.vault = a.vault and m.id = a.machine
        join project p on p.vault = a.vault and p.id = a.project and p.trashed_at is null
        left join application f on f.vault = p.vault and f.id = p.application
    """,
    name=(Key("lower(m.name)"),),
    id=Key("m.id", "uuid"),
    sorts={
        "machineName": (Key("lower(m.name)"),),
        "machineEnabled": (Key("m.enabled::integer", "integer"),),
        "grants": (Key(_GRANTS, "bigint"),),
        "lastSeenAt": (Key("m.last_seen_at", "timestamptz", nullable=True),),
        "attachedAt": (Key("a.attached_at", "timestamptz"),),
    },
    default="machineName",
)

_ATTACH = """
insert into attachment (vault, id, machine, project, attached_at, attached_by)
values ($1, $2, $3, $4, $5, $6) on conflict (vault, machine, project) do nothing
"""


_FORGET_FORMER = """
update secret set former_grants = (
    select jsonb_agg(former) from jsonb_array_elements(former_grants) former
    where former->>'machine' <> $2)
where project = $1
  and former_grants @> jsonb_build_array(jsonb_build_object('machine', $2::text))
"""


_ATTACH_MANY = """
insert into attachment (vault, id, machine, project, attached_at, attached_by)
select $1, t.id, t.machine, $4, $5, $6 from unnest($2::varchar[], $3::uuid[]) as t(id, machine)
on conflict (vault, machine, project) do nothing
"""

_UNATTACHED = """
select t.machine from unnest($1::uuid[]) as t(machine)
where not exists (select from attachment a where a.machine = t.machine and a.project = $2)
"""


async def attach_missing(
    act: Act, action: Action, project: ProjectId, machines: Mapping[UUID, str]
) -> list[UUID]:
    """Attach the machines that aren't attached yet, as part of `action`. Each attachment is logged.

    `machines` maps IDs to names. Returns the IDs of those that were attached. Raises `Refused` if
    there are any and the caller can't attach machines.
    """
    rows = await act.connection.fetch(_UNATTACHED, list(machines), project)
    missing: list[UUID] = [row["machine"] for row in rows]
    for machine in missing:
        act.include(action, machine=str(machine), machine_name=machines[machine])
    if missing:
        await act.connection.execute(
            _ATTACH_MANY,
            act.vault,
            [new_id("att") for _ in missing],
            missing,
            project,
            act.at,
            act.actor[2],
        )
    return missing


async def attach_machine(
    core: Core, caller: Human, project: ProjectId, *, machine: str
) -> AttachmentView:
    """Attach an approved machine to a project. Does nothing if it is already attached."""
    async with gate.perform(core, caller, MACHINE_ATTACH, project) as act:
        key, name = await require_machine(act.connection, machine)
        await act.connection.execute(
            _ATTACH, act.vault, new_id("att"), key, project, act.at, act.actor[2]
        )
        act.record(machine=machine, machine_name=name)
        conditions = Conditions()
        conditions.add("a.machine = {0} and a.project = {1}", key, project)
        rows = await _attachments(act, conditions)
        return AttachmentView.of_row(rows[0])


async def detach_machine(core: Core, caller: Human, project: ProjectId, *, machine: str) -> None:
    """Detach a machine. This revokes its grants in this project."""
    async with gate.perform(core, caller, MACHINE_DETACH, project) as act:
        key, name = await require_machine(act.connection, machine)
        before = await grants_of_machine(act.connection, key, project)
        await act.connection.execute(
            "delete from secret_grant where machine = $1 and project = $2", key, project
        )
        # A later attachment must not restore access to secrets that the machine could read before they were
        # deleted.
        await act.connection.execute(_FORGET_FORMER, project, machine)
        gone = await act.connection.fetchval(
            "delete from attachment where machine = $1 and project = $2 returning true",
            key,
            project,
        )
        if not gone:
            raise NotFound("attachment")
        act.record(
            machine=machine,
            machine_name=name,
            grants=len(before),
            **given_and_taken(before, []),
        )


async def list_attachments(
    core: Core, caller: Human, project: ProjectId, page: PageRequest, *, q: str | None = None
) -> CountedPage[AttachmentView]:
    """Return the machines attached to a project, by name unless `page` has another order.

    `q` is any part of a machine's name, hostname or address, or the beginning of its ID.
    """
    conditions = Conditions()
    conditions.add("a.project = {0}", project)
    conditions.add_search("m", q)
    listing = ATTACHMENTS.filled(secret=secret_exists(conditions, caller))
    async with gate.perform(core, caller, PROJECT_VIEW, project) as act:
        return await fetch_counted(act.connection, listing, page, conditions, AttachmentView.of_row)


async def list_machine_projects(core: Core, caller: Human, machine: str) -> list[AttachmentView]:
    """Return the projects to which a machine is attached and that the caller can see, by name."""
    async with gate.perform(core, caller, MACHINE_VIEW, machine) as act:
        conditions = Conditions()
        conditions.add("a.machine = {0}", UUID(machine))
        conditions.add_placed(project_exists(conditions, caller))
        rows = await _attachments(act, conditions)
    return [AttachmentView.of_row(row) for row in rows]


async def _attachments(act: Act, conditions: Conditions) -> list[Row]:
    listing = ATTACHMENTS.filled(secret=secret_exists(conditions, act.caller))
    return await act.connection.fetch(
        f"select {listing.columns} from {listing.source}"
        f" where {conditions.text} order by p.name, p.id",
        *conditions.arguments,
    )


async def require_machine(
    connection: Connection, machine: str, *, hold: bool = True
) -> tuple[UUID, str]:
    """Return the ID and name of an approved machine in this vault.

    If `hold` is true, the machine stays locked until the act ends. Raises `NotFound`.
    """
    if not is_id_of(ObjectKind.MACHINE, machine):
        raise NotFound("machine")
    row = await connection.fetchrow(
        "select id, name from machine where id = $1 and approved_at is not null"
        f"{' for share' if hold else ''}",
        UUID(machine),
    )
    if row is None:
        raise NotFound("machine")
    return row["id"], row["name"]
