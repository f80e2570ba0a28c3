"""Lists everything that a machine can see without reading values: the names of its secrets and projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRETS_LIST
from strongroom_core.access.machine_checks import State
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import is_id
from strongroom_core.reading.checks import refuse_project

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Machine

GRANTS = """
from secret_grant g
join secret s on s.vault = g.vault and s.id = g.secret and s.trashed_at is null
join project p on p.vault = s.vault and p.id = s.project and p.trashed_at is null
"""
"""A machine's grants, `g`, of secrets that it can know about. This does for whole lists what `ACCESS_CHECKS`
does for one secret. A grant can't exist without its attachment."""

_PROJECT = """
select p.name, p.frozen_at is not null as frozen, a.id is not null as attached
from project p left join attachment a on a.vault = p.vault and a.project = p.id and a.machine = $1
where p.id = $2 and p.trashed_at is null
"""

_GRANTED = f"""
select s.id, s.name, s.kind, s.current_version as version,
       case when s.kind = 'single' then null else coalesce(
           (select array_agg(f order by n) from unnest(s.field_names) with ordinality as t(f, n)
            where g.fields is null or f = any(g.fields)), '{{}}') end as field_names,
       p.id as project, p.name as project_name, a.id as application, a.name as application_name
{GRANTS}
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


@dataclass(frozen=True, slots=True)
class Project:
    """The facts about a machine and a project."""

    name: str
    frozen: bool
    attached: bool


async def find_project(connection: Connection, caller: Machine, project: str) -> Project | None:
    """Return the facts about a project in the machine's vault."""
    if not is_id(project, "proj"):
        return None
    row = await connection.fetchrow(_PROJECT, caller.id, project)
    return Project(**row) if row is not None else None


async def list_granted(core: Core, caller: Machine, *, project: str | None = None) -> list[Granted]:
    """Return the secrets granted to a machine, in one project or in all of them."""
    async with core.lists.turn(str(caller.id)), gate.perform(core, caller, SECRETS_LIST) as act:
        rows = await act.connection.fetch(_GRANTED, caller.id, project)
    return [Granted(**row) for row in rows]


async def list_granted_projects(core: Core, caller: Machine) -> tuple[str, list[Granted]]:
    """Return the vault's name, and one secret of each project with secrets granted to a machine."""
    async with core.lists.turn(str(caller.id)), gate.perform(core, caller, SECRETS_LIST) as act:
        name = await act.connection.fetchval("select name from vault where id = $1", act.vault)
        rows = await act.connection.fetch(_GRANTED, caller.id, None)
    granted = [Granted(**row) for row in rows]
    return name, list({each.project: each for each in granted}.values())


async def verify_access(core: Core, caller: Machine, *, project: str) -> Verified:
    """Return whether a machine is attached to a project."""
    async with core.lists.turn(str(caller.id)), gate.perform(core, caller, SECRETS_LIST) as act:
        found = await find_project(act.connection, caller, project)
    refusal = refuse_project(found, State(core.clock.now()))
    if found is None or isinstance(refusal, NotFound):
        return Verified(valid=False, project_name=None, frozen=False)
    return Verified(valid=True, project_name=found.name, frozen=refusal is not None)
