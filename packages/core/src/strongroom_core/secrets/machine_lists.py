"""Lists what a machine can see without reading values: the names of its secrets and projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRETS_LIST
from strongroom_core.kernel.ids import is_id

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Machine

_GRANTED = """
select s.id, s.name, s.kind, s.current_version as version,
       case when s.kind = 'single' then null else coalesce(
           (select array_agg(f order by n) from unnest(s.field_names) with ordinality as t(f, n)
            where g.fields is null or f = any(g.fields)), '{}') end as field_names,
       p.id as project, p.name as project_name, a.id as application, a.name as application_name
from secret_grant g
join secret s on s.vault = g.vault and s.id = g.secret and s.trashed_at is null
join project p on p.vault = s.vault and p.id = s.project and p.trashed_at is null
left join application a on a.vault = p.vault and a.id = p.application
where g.machine = $1 and ($2::text is null or p.id = $2)
order by s.name_folded, s.id
"""


@dataclass(frozen=True, slots=True)
class Granted:
    """A secret granted to a machine. `field_names` are the granted fields, or None for a single secret."""

    id: str
    name: str
    kind: str
    version: int
    field_names: list[str] | None
    project: str
    project_name: str
    application: str | None
    application_name: str | None


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether a machine is attached to a project and, if so, the project's name and whether it is frozen."""

    valid: bool
    project_name: str | None
    frozen: bool


async def list_granted(core: Core, caller: Machine, *, project: str | None = None) -> list[Granted]:
    """Return the secrets granted to a machine, in one project or in all of them."""
    async with gate.perform(core, caller, SECRETS_LIST) as act:
        rows = await act.connection.fetch(_GRANTED, caller.id, project)
    return [_granted(row) for row in rows]


async def verify_access(core: Core, caller: Machine, *, project: str) -> Verified:
    """Return whether a machine is attached to a project."""
    async with gate.perform(core, caller, SECRETS_LIST) as act:
        row = None
        if is_id(project, "proj"):
            row = await act.connection.fetchrow(
                "select p.name, p.frozen_at is not null as frozen"
                " from attachment a join project p on p.id = a.project"
                " where a.machine = $1 and a.project = $2 and p.trashed_at is null",
                caller.id,
                project,
            )
    if row is None:
        return Verified(valid=False, project_name=None, frozen=False)
    return Verified(valid=True, project_name=row["name"], frozen=row["frozen"])


def _granted(row: Row) -> Granted:
    return Granted(**row)
