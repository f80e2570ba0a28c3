"""Read one project or application; list them, keyset by keyset."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.ids import ApplicationId, ProjectId
from strongroom_core.kernel.names import folded
from strongroom_core.projects.views import ApplicationSummary, ApplicationView, ProjectView

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest

PROJECTS = """
select p.id, p.application, a.name as application_name, p.name, p.environment, p.description,
       p.frozen_at, p.frozen_by, p.freeze_reason, p.created_at, p.revision,
       (select count(*) from secret s where s.project = p.id and s.trashed_at is null) as secrets,
       (select count(*) from attachment t where t.project = p.id) as machines,
       (select max(s.last_read_at) from secret s
        where s.project = p.id and s.trashed_at is null) as last_read_at
from project p left join application a on a.vault = p.vault and a.id = p.application
where p.trashed_at is null
"""

_APPLICATIONS = """
select a.id, a.name, a.name_folded, a.description, a.created_at, a.revision,
       coalesce(array_agg(p.environment order by p.position, p.id)
                filter (where p.id is not null), '{}') as environments
from application a
left join project p on p.vault = a.vault and p.application = a.id and p.trashed_at is null
where $1::text is null or (a.name_folded, a.id) > ($1, $2)
group by a.id order by a.name_folded, a.id limit $3
"""


async def read_project(core: Core, caller: Human, project: ProjectId) -> ProjectView:
    """Return one project. Raises `NotFound`."""
    async with gate.perform(core, caller, Action.PROJECT_VIEW, project) as act:
        return await project_in(act.connection, project)


async def read_application(
    core: Core, caller: Human, application: ApplicationId
) -> ApplicationView:
    """Return one application with its projects. Raises `NotFound`."""
    async with gate.perform(core, caller, Action.APPLICATION_VIEW, application) as act:
        return await application_in(act.connection, application)


async def list_applications(
    core: Core, caller: Human, page: PageRequest
) -> Page[ApplicationSummary]:
    """Return applications by name."""
    name, after = page.after or (None, None)
    async with gate.perform(core, caller, Action.PROJECTS_VIEW) as act:
        rows = await act.connection.fetch(_APPLICATIONS, name, after, page.limit + 1)
    items = [
        ApplicationSummary(
            ApplicationId(row["id"]),
            row["name"],
            row["description"],
            row["environments"],
            row["created_at"],
            row["revision"],
        )
        for row in rows
    ]
    return page.page(items, lambda item: (folded(item.name), item.id))


async def list_projects(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    application: ApplicationId | None = None,
    standalone: bool = False,
    environment: str | None = None,
) -> Page[ProjectView]:
    """Return projects by name: all, those of one application, or those that stand alone."""
    name, after = page.after or (None, None)
    sql = f"""{PROJECTS}
        and ($1::text is null or (p.name_folded, p.id) > ($1, $2))
        and ($3::text is null or p.application = $3)
        and (not $4 or p.application is null)
        and ($5::text is null or lower(p.environment) = lower($5))
        order by p.name_folded, p.id limit $6"""
    async with gate.perform(core, caller, Action.PROJECTS_VIEW) as act:
        rows = await act.connection.fetch(
            sql, name, after, application, standalone, environment, page.limit + 1
        )
    return page.page([view_of(row) for row in rows], lambda item: (folded(item.name), item.id))


async def project_in(connection: Connection, project: ProjectId) -> ProjectView:
    """Return the view of a project, for the act that has just read or changed it."""
    row = await connection.fetchrow(f"{PROJECTS} and p.id = $1", project)
    if row is None:
        raise NotFound("project")
    return view_of(row)


async def application_in(connection: Connection, application: ApplicationId) -> ApplicationView:
    """Return the view of an application, for the act that has just read or changed it."""
    row = await connection.fetchrow(
        "select a.id, a.name, a.description, a.created_at, a.revision,"
        " (select count(*) from project p where p.application = a.id and p.trashed_at is not null)"
        " as trashed from application a where a.id = $1",
        application,
    )
    if row is None:
        raise NotFound("application")
    projects = await connection.fetch(
        f"{PROJECTS} and p.application = $1 order by p.position, p.id", application
    )
    return ApplicationView(
        ApplicationId(row["id"]),
        row["name"],
        row["description"],
        [view_of(project) for project in projects],
        row["trashed"],
        row["created_at"],
        row["revision"],
    )


def view_of(row: Row) -> ProjectView:
    """Return the view of a row of `PROJECTS`."""
    application = row["application"]
    return ProjectView(
        ProjectId(row["id"]),
        ApplicationId(application) if application is not None else None,
        row["application_name"],
        row["name"],
        row["environment"],
        row["description"],
        row["secrets"],
        row["machines"],
        row["last_read_at"],
        row["frozen_at"],
        row["frozen_by"],
        row["freeze_reason"],
        row["created_at"],
        row["revision"],
    )
