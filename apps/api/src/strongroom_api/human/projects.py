"""Projects: create, change, move, delete (after typing the name), restore, permanently delete (V-2, V-3)."""

from typing import Annotated, Any, TypeAlias

import msgspec
from litestar import MediaType, Response, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from strongroom_api.answers import CREATED, ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body, given
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged, Sought
from strongroom_core.access.actions.projects import (
    PROJECT_CREATE,
    PROJECT_DELETE,
    PROJECT_EXPLAIN,
    PROJECT_FREEZE,
    PROJECT_MOVE,
    PROJECT_PURGE,
    PROJECT_RESTORE,
    PROJECT_UNFREEZE,
    PROJECT_UPDATE,
    PROJECT_VIEW,
    PROJECTS_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.access.targets import Path
from strongroom_core.kernel.ids import ApplicationId, ProjectId
from strongroom_core.kernel.page import CountedPage
from strongroom_core.projects.browse import browse_projects, count_projects
from strongroom_core.projects.change import move_project, update_project
from strongroom_core.projects.create import create_project
from strongroom_core.projects.freeze import explain_freeze, freeze_project, unfreeze_project
from strongroom_core.projects.listing import list_projects, read_project
from strongroom_core.projects.trash import delete_project, purge_project, restore_project
from strongroom_core.projects.views import ProjectCounts, ProjectGroup, ProjectView, ProjectWeight
from strongroom_core.projects.weigh import weigh_project


class NewProject(Body, kw_only=True, frozen=True):
    """A project to create. Inside an application it needs an environment."""

    name: str
    application_id: str | None = None
    environment: str | None = None
    description: str | None = None


class ProjectChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent means unchanged; a null or empty description is removed."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET


class Destination(Body, kw_only=True, frozen=True):
    """Where to move a project: into an application and environment or, with null, out of its application."""

    application_id: str | None
    environment: str | None = None


class IncidentNote(Body, kw_only=True, frozen=True):
    """A summary of what happened. It is kept only in the audit log."""

    note: str


class Reason(Body, kw_only=True, frozen=True):
    """A short reason, for the audit log."""

    reason: str


ConfirmName: TypeAlias = Annotated[
    str, QueryParameter(name="confirmName", description="The project's name, to confirm.")
]


@get(
    "/projects",
    operation_id="listProjects",
    opt={"operation": people(PROJECTS_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest,
    *,
    page: Paged,
    application: FromQuery[str | None] = None,
    standalone: FromQuery[bool] = False,
    environment: FromQuery[str | None] = None,
    frozen: FromQuery[bool] = False,
    q: Sought = None,
) -> CountedPage[ProjectView]:
    """List the vault's projects by name: all of them, those in one application, or the standalone ones.

    `q` is any part of a name, environment or description, including the application's. `sort` is one of name,
    applicationName, environment, secrets, machines, lastReadAt, frozenAt, createdAt.
    """
    return await list_projects(
        request.core,
        request.person,
        page,
        application=None if application is None else ApplicationId(application),
        standalone=standalone,
        environment=environment,
        frozen=frozen,
        q=q,
    )


@get(
    "/projects/groups",
    operation_id="listProjectGroups",
    opt={"operation": people(PROJECTS_VIEW)},
    dependencies=PAGED,
)
async def browse(
    request: ApiRequest,
    *,
    page: Paged,
    q: Sought = None,
    environment: FromQuery[str | None] = None,
    frozen: FromQuery[bool] = False,
) -> CountedPage[ProjectGroup]:
    """List applications with their projects, and standalone projects, by name.

    `q` is any part of a name, environment or description. `sort` is name.
    """
    return await browse_projects(
        request.core, request.person, page, q=q, environment=environment, frozen=frozen
    )


@get("/projects/counts", operation_id="countProjects", opt={"operation": people(PROJECTS_VIEW)})
async def count(request: ApiRequest) -> ProjectCounts:
    """Count applications, projects, frozen projects, and projects per environment."""
    return await count_projects(request.core, request.person)


@post(
    "/projects",
    operation_id="createProject",
    opt={"operation": people(PROJECT_CREATE)},
    status_code=201,
    response_headers=CREATED,
)
async def create(request: ApiRequest, data: JSONBody[NewProject]) -> Response[ProjectView]:
    """Create a project with its own key."""
    view = await create_project(
        request.core,
        request.person,
        name=data.name,
        application=None if data.application_id is None else ApplicationId(data.application_id),
        environment=data.environment,
        description=data.description,
    )
    return single(view, made_at=f"/api/projects/{view.id}")


@get(
    "/projects/{project_id:str}",
    operation_id="readProject",
    opt={"operation": people(PROJECT_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, project_id: FromPath[str]) -> Response[ProjectView]:
    """Return one project."""
    return single(await read_project(request.core, request.person, ProjectId(project_id)))


@get(
    "/projects/by-path",
    operation_id="readProjectByPath",
    opt={"operation": people(PROJECT_VIEW)},
    response_headers=ETAG,
)
async def read_by_path(request: ApiRequest, path: FromQuery[str]) -> Response[ProjectView]:
    """Return one project by its path: `application/project`, or a standalone project's name."""
    return single(await read_project(request.core, request.person, Path.of_project(path)))


@get(
    "/projects/{project_id:str}/summary",
    operation_id="readProjectSummary",
    opt={"operation": people(PROJECT_VIEW)},
)
async def weigh(request: ApiRequest, project_id: FromPath[str]) -> ProjectWeight:
    """Return a summary of a project: how much it contains, and who reads it."""
    return await weigh_project(request.core, request.person, ProjectId(project_id))


@patch(
    "/projects/{project_id:str}",
    operation_id="updateProject",
    opt={"operation": people(PROJECT_UPDATE)},
    response_headers=ETAG,
)
async def update(
    request: ApiRequest,
    project_id: FromPath[str],
    data: JSONBody[ProjectChanges],
    if_match: IfMatch = None,
) -> Response[ProjectView]:
    """Change a project's name or description."""
    view = await update_project(
        request.core,
        request.person,
        ProjectId(project_id),
        name=None if data.name is msgspec.UNSET else data.name,
        description=given(data.description),
        if_match=revision(if_match),
    )
    return single(view)


@post(
    "/projects/{project_id:str}/move",
    operation_id="moveProject",
    opt={"operation": people(PROJECT_MOVE)},
    status_code=200,
    response_headers=ETAG,
)
async def move(
    request: ApiRequest,
    project_id: FromPath[str],
    data: JSONBody[Destination],
    if_match: IfMatch = None,
) -> Response[ProjectView]:
    """Move a project into an application, or make it standalone. Its ID and key stay the same."""
    view = await move_project(
        request.core,
        request.person,
        ProjectId(project_id),
        application=None if data.application_id is None else ApplicationId(data.application_id),
        environment=data.environment,
        if_match=revision(if_match),
    )
    return single(view)


@delete(
    "/projects/{project_id:str}",
    operation_id="deleteProject",
    opt={"operation": people(PROJECT_DELETE)},
    status_code=204,
)
async def remove(
    request: ApiRequest,
    project_id: FromPath[str],
    confirm_name: ConfirmName,
    if_match: IfMatch = None,
) -> None:
    """Move a project with its secrets to the trash, for 30 days."""
    await delete_project(
        request.core,
        request.person,
        ProjectId(project_id),
        confirm_name=confirm_name,
        if_match=revision(if_match),
    )


@post(
    "/projects/{project_id:str}/restore",
    operation_id="restoreProject",
    opt={"operation": people(PROJECT_RESTORE)},
    status_code=200,
    response_headers=ETAG,
)
async def restore(request: ApiRequest, project_id: FromPath[str]) -> Response[ProjectView]:
    """Restore a project from the trash."""
    return single(await restore_project(request.core, request.person, ProjectId(project_id)))


@post(
    "/projects/{project_id:str}/purge",
    operation_id="purgeProject",
    opt={"operation": people(PROJECT_PURGE)},
    status_code=202,
    media_type=MediaType.TEXT,
)
async def purge(request: ApiRequest, project_id: FromPath[str]) -> None:
    """Permanently delete a trashed project. This can't be undone, and needs step-up authentication."""
    await purge_project(request.core, request.person, ProjectId(project_id))


@post(
    "/projects/{project_id:str}/freeze",
    operation_id="freezeProject",
    opt={"operation": people(PROJECT_FREEZE)},
    status_code=200,
    response_headers=ETAG,
)
async def freeze(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[Reason]
) -> Response[ProjectView]:
    """Freeze a project: block all reads of its values immediately."""
    view = await freeze_project(
        request.core, request.person, ProjectId(project_id), reason=data.reason
    )
    return single(view)


@post(
    "/projects/{project_id:str}/unfreeze",
    operation_id="unfreezeProject",
    opt={"operation": people(PROJECT_UNFREEZE)},
    status_code=200,
    response_headers=ETAG,
)
async def unfreeze(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[Reason]
) -> Response[ProjectView]:
    """Unfreeze a project. Needs step-up authentication."""
    view = await unfreeze_project(
        request.core, request.person, ProjectId(project_id), reason=data.reason
    )
    return single(view)


@post(
    "/projects/{project_id:str}/incident-notes",
    operation_id="createIncidentNote",
    opt={"operation": people(PROJECT_EXPLAIN)},
    status_code=204,
)
async def explain(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[IncidentNote]
) -> None:
    """Add an incident note to a frozen project, for the audit log."""
    await explain_freeze(request.core, request.person, ProjectId(project_id), account=data.note)


HANDLERS: list[Any] = [
    *(list_all, browse, count, create, read, read_by_path, update, move, remove, restore, purge),
    *(freeze, unfreeze, explain, weigh),
]
