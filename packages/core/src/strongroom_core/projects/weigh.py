"""Summarizes a project before an action that affects the whole project."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.projects import PROJECT_VIEW
from strongroom_core.access.visible import kinds_at, sees_others
from strongroom_core.projects.views import ProjectWeight

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId

_HOLDS = """
select (select count(*) from secret s where s.project = $1 and s.trashed_at is null
        and s.kind = any($2)) as secrets,
       (select count(*) from secret s where s.project = $1 and s.trashed_at is null
        and s.kind = any($2) and s.environment is not null) as labelled,
       (select count(*) from secret s join secret_version v on v.vault = s.vault and v.secret = s.id
        where s.project = $1 and s.trashed_at is null and s.kind = any($2)) as versions,
       (select count(*) from attachment a where a.project = $1) as machines,
       g.readers, g.grants
from (
    select count(distinct g.machine) as readers, count(*) as grants
    from secret_grant g join secret s on s.vault = g.vault and s.id = g.secret
    where g.project = $1 and s.kind = any($2)
) g
"""

_READS = """
select count(*) as reads_day, count(*) filter (where e.at >= $3) as reads_hour,
       count(distinct e.actor_id) as machines_day
from audit_entry e where e.action = 'secret_read' and e.at >= $2 and e.project = $1
"""

_UNSEEN = {"reads_hour": None, "reads_day": None, "machines_day": None}


async def weigh_project(core: Core, caller: Human, project: ProjectId) -> ProjectWeight:
    """Return a summary of a project: what the caller sees in it, and who reads it. Raises `NotFound`."""
    async with gate.perform(core, caller, PROJECT_VIEW, project) as act:
        kinds = kinds_at(caller, act.target.place)
        holds = await act.connection.fetchrow(_HOLDS, project, kinds)
        reads: Row | None = _UNSEEN
        if sees_others(caller):
            day, hour = act.at - timedelta(days=1), act.at - timedelta(hours=1)
            reads = await act.connection.fetchrow(_READS, project, day, hour)
    if holds is None or reads is None:
        raise ValueError("an aggregate query returns exactly one row")
    return ProjectWeight.of_row(holds, **reads)
