"""Lists all projects grouped by application, each with its environments in order (V-2)."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.actions.projects import PROJECTS_VIEW
from strongroom_core.access.visible import application_exists, project_exists
from strongroom_core.db.conditions import FOUND, Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.projects.listing import live_projects, narrow_projects
from strongroom_core.projects.views import (
    EnvironmentCount,
    ProjectCounts,
    ProjectGroup,
)

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import CountedPage, PageRequest
    from strongroom_core.projects.views import ProjectView

MOST_ENVIRONMENTS = 100

# An application comes with its matching projects, or with none if the application itself matches and there
# is no other filter.
_GROUPED = """
(
    select a.id, true as is_application, a.name, a.name_folded, a.description
    from application a
    where ({application} and ({alone})) or exists (
        select from project p where p.application = a.id and p.trashed_at is null and {project})
    union all
    select p.id, false, p.name, p.name_folded, p.description
    from project p left join application a on false
    where p.application is null and p.trashed_at is null and {project}
) grouped
"""

_SORTS = {"name": (Key("grouped.name_folded"),)}

_COUNTS = """
select count(*) as projects, count(*) filter (where p.frozen_at is not null) as frozen,
       (select count(*) from application a where {application}) as applications
from project p where p.trashed_at is null and {project}
"""

_ENVIRONMENTS = """
select min(p.environment) as name, count(*) as projects from project p
where p.trashed_at is null and p.environment is not null and {project}
group by lower(p.environment) order by count(*) desc, lower(p.environment) limit {most}
"""


async def browse_projects(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    q: str | None = None,
    environment: str | None = None,
    frozen: bool = False,
) -> CountedPage[ProjectGroup]:
    """Return the applications and standalone projects that the caller can see together, by name.

    `q` is any part of a name, environment or description, or the beginning of an ID. An application that
    itself matches comes with all its projects, and any other application comes with only the matching ones.
    Raises `Invalid` if `q` is too long.
    """
    wanted = Conditions()
    wanted.add_placed(project_exists(wanted, caller))
    narrow_projects(wanted, q=q, environment=environment, frozen=frozen)
    project, conditions = wanted.text, Conditions(arguments=[*wanted.arguments])
    alone = "false"
    if not environment and not frozen:
        alone = FOUND.format("a").format("$1") if q else "true"
    groups = Listing(
        columns="grouped.id, grouped.is_application, grouped.name, grouped.description",
        source=_GROUPED.format(
            alone=alone, project=project, application=application_exists(conditions, caller)
        ),
        id=Key("grouped.id"),
        sorts=_SORTS,
        default="name",
    )
    async with gate.perform(core, caller, PROJECTS_VIEW) as act:
        found = await fetch_counted(act.connection, groups, page, conditions, dict[str, Any])
        wanted.add(
            "p.application = any({0}) or p.id = any({1})",
            [row["id"] for row in found.items if row["is_application"]],
            [row["id"] for row in found.items if not row["is_application"]],
        )
        live = await live_projects(
            act.connection, caller, wanted, order="p.application, p.position, p.id"
        )
    projects = _by_group(live)
    return found.of(
        [
            ProjectGroup(
                application_id=row["id"] if row["is_application"] else None,
                name=row["name"],
                description=row["description"],
                projects=projects.get(row["id"], []),
            )
            for row in found.items
        ]
    )


async def count_projects(core: Core, caller: Human) -> ProjectCounts:
    """Return the numbers of applications and projects that the caller can see.

    Also returns the hundred environments that these projects use most frequently.
    """
    counted, used = Conditions(), Conditions()
    counts = _COUNTS.format(
        application=application_exists(counted, caller), project=project_exists(counted, caller)
    )
    environments_used = _ENVIRONMENTS.format(
        project=project_exists(used, caller), most=used.place(MOST_ENVIRONMENTS)
    )
    async with gate.perform(core, caller, PROJECTS_VIEW) as act:
        row = await act.connection.fetchrow(counts, *counted.arguments)
        environments = await act.connection.fetch(environments_used, *used.arguments)
    if row is None:
        raise ValueError("an aggregate query returns exactly one row")
    return ProjectCounts.of_row(
        row, environments=[EnvironmentCount.of_row(each) for each in environments]
    )


def _by_group(projects: list[ProjectView]) -> dict[str, list[ProjectView]]:
    def group_of(project: ProjectView) -> str:
        return project.application_id or project.id

    return {group: list(found) for group, found in groupby(projects, group_of)}
