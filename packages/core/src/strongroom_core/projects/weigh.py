"""What an act on a whole project would touch, counted, for whoever is about to do it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.projects.views import ProjectWeight

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId

_HOLDS = """
select (select count(*) from secret s where s.project = $1 and s.trashed_at is null) as secrets,
       (select count(*) from secret s where s.project = $1 and s.trashed_at is null
        and s.environment is not null) as labelled,
       (select count(*) from secret s join secret_version v on v.vault = s.vault and v.secret = s.id
        where s.project = $1 and s.trashed_at is null) as versions,
       (select count(*) from attachment a where a.project = $1) as machines,
       (select count(distinct g.machine) from secret_grant g where g.project = $1) as readers,
       (select count(*) from secret_grant g where g.project = $1) as grants
"""

_READS = """
select count(*) as day, count(*) filter (where e.at >= $3) as hour,
       count(distinct e.actor_id) as machines
from audit_entry e where e.action = 'secret_read' and e.at >= $2 and e.project = $1
"""


async def weigh_project(core: Core, caller: Human, project: ProjectId) -> ProjectWeight:
    """Return how much is in a project and who reads it. Raises `NotFound`."""
    sees_reads = VaultCapability.AUDIT_VIEW_OTHERS in caller.authority.vault
    async with gate.perform(core, caller, Action.PROJECT_VIEW, project) as act:
        holds = await act.connection.fetchrow(_HOLDS, project)
        reads = None
        if sees_reads:
            day, hour = act.at - timedelta(days=1), act.at - timedelta(hours=1)
            reads = await act.connection.fetchrow(_READS, project, day, hour)
    if holds is None:
        raise ValueError("an aggregate is one row")
    return ProjectWeight(
        **dict(holds),
        reads_hour=reads["hour"] if reads is not None else None,
        reads_day=reads["day"] if reads is not None else None,
        machines_day=reads["machines"] if reads is not None else None,
    )
