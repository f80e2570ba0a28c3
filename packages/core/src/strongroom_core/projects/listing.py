"""Reads one project or application, and lists projects and applications with keyset pagination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.projects import APPLICATION_VIEW, PROJECT_VIEW, PROJECTS_VIEW
from strongroom_core.access.targets import require_id_of
from strongroom_core.access.visible import application_exists, project_exists, secret_exists
from strongroom_core.db.conditions import FOUND, Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.names import require_searchable
from strongroom_core.projects.views import ApplicationSummary, ApplicationView, ProjectView

if TYPE_CHECKING:
    from strongroom_core.access.targets import Path
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Caller, Human
    from strongroom_core.kernel.ids import ApplicationId, ProjectId
    from strongroom_core.kernel.page import CountedPage, PageRequest

# `{secret}` is the condition that the secret `s` exists for the caller, and `{project}` that `p` does.
_SECRETS = (
    "(select count(*) from secret s where s.project = p.id and s.trashed_at is null and {secret})"
)
_MACHINES = "(select count(*) from attachment t where t.project = p.id)"
_LAST_READ = """
(select max(s.last_read_at) from secret s
 where s.project = p.id and s.trashed_at is null and {secret})
"""
# Projects in different applications may have the same name.
_BY_NAME = (Key("p.name_folded"), Key("coalesce(a.name_folded, '')"))

PROJECTS = Listing(
    columns=f"""
        p.id, p.application as application_id, a.name as application_name, p.name, p.environment,
        p.description, p.frozen_at, p.frozen_by, p.frozen_by_canary, p.freeze_reason, p.created_at,
        p.revision,
        {_SECRETS} as secrets, {_MACHINES} as machines, {_LAST_READ} as last_read_at
    """,
    source="project p left join application a on a.vault = p.vault and a.id = p.application",
    name=_BY_NAME,
    id=Key("p.id"),
    sorts={
        "name": _BY_NAME,
        "applicationName": (Key("a.name_folded", nullable=True),),
        "environment": (Key("lower(p.environment)", nullable=True),),
        "secrets": (Key(_SECRETS, "bigint"),),
        "machines": (Key(_MACHINES, "bigint"),),
        "lastReadAt": (Key(_LAST_READ, "timestamptz", nullable=True),),
        "frozenAt": (Key("p.frozen_at", "timestamptz", nullable=True),),
        "createdAt": (Key("p.created_at", "timestamptz"),),
    },
    default="name",
)

_ENVIRONMENTS = """
(select count(*) from project p where p.application = a.id and p.trashed_at is null and {project})
"""

APPLICATIONS = Listing(
    columns="""
        a.id, a.name, a.description, a.created_at, a.revision,
        array(select p.environment from project p where p.application = a.id
              and p.trashed_at is null and {project} order by p.position, p.id) as environments
    """,
    source="application a",
    name=(Key("a.name_folded"),),
    id=Key("a.id"),
    sorts={
        "name": (Key("a.name_folded"),),
        "environments": (Key(_ENVIRONMENTS, "bigint"),),
        "createdAt": (Key("a.created_at", "timestamptz"),),
    },
    default="name",
)


async def read_project(core: Core, caller: Human, project: ProjectId | Path) -> ProjectView:
    """Return one project. Raises `NotFound`."""
    async with gate.perform(core, caller, PROJECT_VIEW, project) as act:
        return await project_in(act, act.target.id)


async def read_application(
    core: Core, caller: Human, application: ApplicationId
) -> ApplicationView:
    """Return one application with those of its projects that the caller can see. Raises `NotFound`."""
    async with gate.perform(core, caller, APPLICATION_VIEW, application) as act:
        return await application_in(act, application)


async def list_applications(
    core: Core, caller: Human, page: PageRequest, *, q: str | None = None
) -> CountedPage[ApplicationSummary]:
    """Return the applications that the caller can see, by name by default.

    `q` is any part of a name or description.
    """
    conditions = Conditions()
    conditions.add_placed(application_exists(conditions, caller))
    conditions.add_search("a", q)
    listing = APPLICATIONS.filled(project=project_exists(conditions, caller))
    async with gate.perform(core, caller, PROJECTS_VIEW) as act:
        return await fetch_counted(
            act.connection, listing, page, conditions, ApplicationSummary.of_row
        )


async def list_projects(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    application: ApplicationId | None = None,
    standalone: bool = False,
    environment: str | None = None,
    frozen: bool = False,
    q: str | None = None,
) -> CountedPage[ProjectView]:
    """Return the projects that the caller can see, those in one application, or the standalone ones.

    They are sorted by name unless `page` has another order. `q` is any part of the name, environment or
    description, or of the application's name or description, or the beginning of an ID. `frozen` returns only
    frozen projects. Raises `Invalid` if `application` isn't an ID.
    """
    conditions = Conditions()
    conditions.add("p.trashed_at is null")
    conditions.add_placed(project_exists(conditions, caller))
    if application is not None:
        wanted = require_id_of(ObjectKind.APPLICATION, application, field="application")
        conditions.add("p.application = {0}", wanted)
    if standalone:
        conditions.add("p.application is null")
    narrow_projects(conditions, q=q, environment=environment, frozen=frozen)
    listing = PROJECTS.filled(secret=secret_exists(conditions, caller))
    async with gate.perform(core, caller, PROJECTS_VIEW) as act:
        return await fetch_counted(act.connection, listing, page, conditions, ProjectView.of_row)


def narrow_projects(
    conditions: Conditions, *, q: str | None, environment: str | None, frozen: bool
) -> None:
    """Add the filters that all lists of projects have. Raises `Invalid` if the search text is too long."""
    if environment:
        conditions.add("lower(p.environment) = lower({0})", environment)
    if frozen:
        conditions.add("p.frozen_at is not null")
    if q:
        found = f"{FOUND.format('p')} or {FOUND.format('a')}"
        conditions.add(found, require_searchable(q, field="q"))


async def live_projects(
    connection: Connection, caller: Caller, conditions: Conditions, *, order: str
) -> list[ProjectView]:
    """Return the views of the live projects that meet the conditions, with what the caller sees in them."""
    listing = PROJECTS.filled(secret=secret_exists(conditions, caller))
    rows = await connection.fetch(
        f"select {listing.columns} from {listing.source}"
        f" where p.trashed_at is null and {conditions.text} order by {order}",
        *conditions.arguments,
    )
    return [ProjectView.of_row(row) for row in rows]


async def project_in(act: gate.Act, project: str) -> ProjectView:
    """Return the view of a project, for the act that has just read or changed it.

    A project that the act moved out of the caller's reach is returned once more.
    """
    conditions = Conditions()
    conditions.add("p.id = {0}", project)
    found = await live_projects(act.connection, act.caller, conditions, order="p.id")
    if not found:
        raise NotFound("project")
    return found[0]


async def application_in(act: gate.Act, application: ApplicationId) -> ApplicationView:
    """Return the view of an application, for the act that has just read or changed it."""
    conditions = Conditions()
    wanted, seen = conditions.place(application), project_exists(conditions, act.caller)
    row = await act.connection.fetchrow(
        "select a.id, a.name, a.description, a.created_at, a.revision,"
        " (select count(*) from project p where p.application = a.id and p.trashed_at is not null"
        f" and {seen}) as trashed_projects from application a where a.id = {wanted}",
        *conditions.arguments,
    )
    if row is None:
        raise NotFound("application")
    conditions = Conditions()
    conditions.add("p.application = {0}", application)
    conditions.add_placed(project_exists(conditions, act.caller))
    projects = await live_projects(act.connection, act.caller, conditions, order="p.position, p.id")
    return ApplicationView.of_row(row, projects=projects)
