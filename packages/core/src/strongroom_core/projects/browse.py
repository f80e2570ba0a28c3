"""All projects as people look for them: by application, each with its environments in order (V-2)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.ids import ApplicationId
from strongroom_core.kernel.names import folded
from strongroom_core.kernel.page import Page
from strongroom_core.projects.listing import PROJECTS, view_of
from strongroom_core.projects.views import EnvironmentCount, ProjectCounts, Shelf

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import PageRequest
    from strongroom_core.projects.views import ProjectView

MOST_ENVIRONMENTS = 100

# $1 the words looked for, $2 an environment, $3 whether only frozen ones are wanted.
_WANTED = """
($2::text is null or lower(p.environment) = lower($2)) and (not $3 or p.frozen_at is not null)
and ($1::text is null or strpos(p.name_folded, $1) > 0
     or strpos(lower(coalesce(p.environment, '')), $1) > 0
     or strpos(lower(coalesce(p.description, '')), $1) > 0{or_application})
"""

_SHELVES = f"""
select * from (
    select a.id, true as is_application, a.name, a.name_folded, a.description
    from application a
    where ($2::text is null and not $3 and ($1::text is null or strpos(a.name_folded, $1) > 0))
       or exists (select from project p where p.application = a.id and p.trashed_at is null
                  and {_WANTED.format(or_application=" or strpos(a.name_folded, $1) > 0")})
    union all
    select p.id, false, p.name, p.name_folded, p.description
    from project p where p.application is null and p.trashed_at is null
      and {_WANTED.format(or_application="")}
) shelf
where $4::text is null or (name_folded, id) > ($4, $5)
order by name_folded, id limit $6
"""

_ON_SHELVES = f"""
{PROJECTS} and (p.application = any($4) or p.id = any($5))
and {_WANTED.format(or_application=" or strpos(a.name_folded, $1) > 0")}
order by p.application, p.position, p.id
"""

_COUNTS = """
select count(*) as projects, count(*) filter (where p.frozen_at is not null) as frozen,
       (select count(*) from application) as applications
from project p where p.trashed_at is null
"""

_ENVIRONMENTS = """
select min(p.environment) as name, count(*) as projects from project p
where p.trashed_at is null and p.environment is not null
group by lower(p.environment) order by count(*) desc, lower(p.environment) limit $1
"""


async def browse_projects(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    q: str | None = None,
    environment: str | None = None,
    frozen: bool = False,
) -> Page[Shelf]:
    """Return applications and standalone projects together, by name.

    `q` is a part of a name, an environment or a description, whatever its case: an application whose
    name has it comes with all its projects, any other with those that have it.
    """
    name, after = page.after or (None, None)
    wanted = (folded(q) if q else None, environment or None, frozen)
    async with gate.perform(core, caller, Action.PROJECTS_VIEW) as act:
        shelves = await act.connection.fetch(_SHELVES, *wanted, name, after, page.limit + 1)
        applications = [row["id"] for row in shelves if row["is_application"]]
        alone = [row["id"] for row in shelves if not row["is_application"]]
        rows = await act.connection.fetch(_ON_SHELVES, *wanted, applications, alone)
    found = _by_shelf([view_of(row) for row in rows])
    cut = page.page(list(shelves), lambda row: (row["name_folded"], row["id"]))
    return Page(
        [
            Shelf(
                ApplicationId(row["id"]) if row["is_application"] else None,
                row["name"],
                row["description"],
                found.get(row["id"], []),
            )
            for row in cut.items
        ],
        cut.next_cursor,
    )


async def count_projects(core: Core, caller: Human) -> ProjectCounts:
    """Return how many applications and projects there are, and the hundred most used environments."""
    async with gate.perform(core, caller, Action.PROJECTS_VIEW) as act:
        row = await act.connection.fetchrow(_COUNTS)
        environments = await act.connection.fetch(_ENVIRONMENTS, MOST_ENVIRONMENTS)
    if row is None:
        raise ValueError("an aggregate is one row")
    return ProjectCounts(
        row["projects"],
        row["applications"],
        row["frozen"],
        [EnvironmentCount(each["name"], each["projects"]) for each in environments],
    )


def _by_shelf(projects: list[ProjectView]) -> dict[str, list[ProjectView]]:
    def shelf_of(project: ProjectView) -> str:
        return project.application_id or project.id

    return {shelf: list(group) for shelf, group in groupby(projects, shelf_of)}
