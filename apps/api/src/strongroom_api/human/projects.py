"""Projects: made, changed, moved, deleted by their name typed out, restored, purged (V-2, V-3)."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import MediaType, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody

from strongroom_api.answers import (
    CREATED,
    ETAG,
    Answer,
    IfMatch,
    PageAnswer,
    revision,
    several,
    single,
)
from strongroom_api.bodies import Body, given
from strongroom_api.callers import ApiRequest
from strongroom_core.kernel.ids import ApplicationId, ProjectId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.change import move_project, update_project
from strongroom_core.projects.create import create_project
from strongroom_core.projects.freeze import explain_freeze, freeze_project, unfreeze_project
from strongroom_core.projects.listing import list_projects, read_project
from strongroom_core.projects.trash import delete_project, purge_project, restore_project
from strongroom_core.projects.weigh import weigh_project


class ProjectAnswer(Answer, kw_only=True, frozen=True):
    """A project with the numbers of its secrets and of the machines attached to it.

    `applicationId` is null where it stands alone.
    """

    id: str
    application_id: str | None
    application_name: str | None
    name: str
    environment: str | None
    description: str | None
    secrets: int
    machines: int
    last_read_at: datetime | None
    frozen_at: datetime | None
    frozen_by: str | None
    freeze_reason: str | None
    created_at: datetime
    revision: int


class WeightAnswer(Answer, kw_only=True, frozen=True):
    """What an act on the whole project would touch, counted.

    `labelled` secrets carry an environment of their own; `machines` are attached, `readers` of them
    hold a grant. Reads are those delivered in the last hour and day, to `machinesDay` machines; null
    for whoever may not see what others did.
    """

    secrets: int
    labelled: int
    versions: int
    machines: int
    readers: int
    grants: int
    reads_hour: int | None
    reads_day: int | None
    machines_day: int | None


class NewProject(Body, kw_only=True, frozen=True):
    """A project to be made. Inside an application it needs an environment."""

    name: str
    application_id: str | None = None
    environment: str | None = None
    description: str | None = None


class ProjectChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent stays as it is; a null or empty description is removed."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET


class Destination(Body, kw_only=True, frozen=True):
    """Where a project moves: into an application under an environment, or, with null, out of it."""

    application_id: str | None
    environment: str | None = None


class Confirmation(Body, kw_only=True, frozen=True):
    """The project's name, typed out."""

    confirm_name: str


class Account(Body, kw_only=True, frozen=True):
    """What happened, in a person's words; it goes on the record and nowhere else."""

    account: str


class Reason(Body, kw_only=True, frozen=True):
    """Why, in a few words; it goes on the record."""

    reason: str


@get("/projects", operation_id="listProjects")
async def list_all(
    request: ApiRequest,
    application: FromQuery[str | None] = None,
    standalone: FromQuery[bool] = False,
    environment: FromQuery[str | None] = None,
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageAnswer[ProjectAnswer]:
    """List the vault's projects by name: all, those of an application, or those that stand alone."""
    found = await list_projects(
        request.core,
        request.person,
        PageRequest.parse(limit=limit, cursor=cursor, keys=2),
        application=None if application is None else ApplicationId(application),
        standalone=standalone,
        environment=environment,
    )
    return several(found, ProjectAnswer)


@post("/projects", operation_id="createProject", status_code=201, response_headers=CREATED)
async def create(request: ApiRequest, data: JSONBody[NewProject]) -> Response[ProjectAnswer]:
    """Make a project with a key of its own."""
    view = await create_project(
        request.core,
        request.person,
        name=data.name,
        application=None if data.application_id is None else ApplicationId(data.application_id),
        environment=data.environment,
        description=data.description,
    )
    return single(view, ProjectAnswer, made_at=f"/api/projects/{view.id}")


@get("/projects/{project_id:str}", operation_id="readProject", response_headers=ETAG)
async def read(request: ApiRequest, project_id: FromPath[str]) -> Response[ProjectAnswer]:
    """Return one project."""
    view = await read_project(request.core, request.person, ProjectId(project_id))
    return single(view, ProjectAnswer)


@get("/projects/{project_id:str}/weight", operation_id="weighProject")
async def weigh(request: ApiRequest, project_id: FromPath[str]) -> WeightAnswer:
    """Return how much is in a project and who reads it."""
    view = await weigh_project(request.core, request.person, ProjectId(project_id))
    return msgspec.convert(view, WeightAnswer, from_attributes=True)


@patch("/projects/{project_id:str}", operation_id="updateProject", response_headers=ETAG)
async def update(
    request: ApiRequest,
    project_id: FromPath[str],
    data: JSONBody[ProjectChanges],
    if_match: IfMatch = None,
) -> Response[ProjectAnswer]:
    """Change a project's name or description."""
    view = await update_project(
        request.core,
        request.person,
        ProjectId(project_id),
        name=None if data.name is msgspec.UNSET else data.name,
        description=given(data.description),
        if_match=revision(if_match),
    )
    return single(view, ProjectAnswer)


@post(
    "/projects/{project_id:str}/move",
    operation_id="moveProject",
    status_code=200,
    response_headers=ETAG,
)
async def move(
    request: ApiRequest,
    project_id: FromPath[str],
    data: JSONBody[Destination],
    if_match: IfMatch = None,
) -> Response[ProjectAnswer]:
    """Put a project into an application, or have it stand alone. Its id and key stay."""
    view = await move_project(
        request.core,
        request.person,
        ProjectId(project_id),
        application=None if data.application_id is None else ApplicationId(data.application_id),
        environment=data.environment,
        if_match=revision(if_match),
    )
    return single(view, ProjectAnswer)


@post("/projects/{project_id:str}/delete", operation_id="deleteProject", status_code=204)
async def remove(
    request: ApiRequest,
    project_id: FromPath[str],
    data: JSONBody[Confirmation],
    if_match: IfMatch = None,
) -> None:
    """Move a project with its secrets into the trash, for 30 days."""
    await delete_project(
        request.core,
        request.person,
        ProjectId(project_id),
        confirm_name=data.confirm_name,
        if_match=revision(if_match),
    )


@post(
    "/projects/{project_id:str}/restore",
    operation_id="restoreProject",
    status_code=200,
    response_headers=ETAG,
)
async def restore(request: ApiRequest, project_id: FromPath[str]) -> Response[ProjectAnswer]:
    """Take a project out of the trash."""
    view = await restore_project(request.core, request.person, ProjectId(project_id))
    return single(view, ProjectAnswer)


@post(
    "/projects/{project_id:str}/purge",
    operation_id="purgeProject",
    status_code=202,
    media_type=MediaType.TEXT,
)
async def purge(request: ApiRequest, project_id: FromPath[str]) -> None:
    """Order a trashed project to be erased. There is no way back; needs a fresh proof of identity."""
    await purge_project(request.core, request.person, ProjectId(project_id))


@post(
    "/projects/{project_id:str}/freeze",
    operation_id="freezeProject",
    status_code=200,
    response_headers=ETAG,
)
async def freeze(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[Reason]
) -> Response[ProjectAnswer]:
    """Stop every read of the project's values, at once."""
    view = await freeze_project(
        request.core, request.person, ProjectId(project_id), reason=data.reason
    )
    return single(view, ProjectAnswer)


@post(
    "/projects/{project_id:str}/unfreeze",
    operation_id="unfreezeProject",
    status_code=200,
    response_headers=ETAG,
)
async def unfreeze(
    request: ApiRequest, project_id: FromPath[str], data: JSONBody[Reason]
) -> Response[ProjectAnswer]:
    """Let the project's values be read again; needs a fresh proof of identity."""
    view = await unfreeze_project(
        request.core, request.person, ProjectId(project_id), reason=data.reason
    )
    return single(view, ProjectAnswer)


@post("/projects/{project_id:str}/explain", operation_id="explainFreeze", status_code=204)
async def explain(request: ApiRequest, project_id: FromPath[str], data: JSONBody[Account]) -> None:
    """Put on the record what happened in a frozen project."""
    await explain_freeze(request.core, request.person, ProjectId(project_id), account=data.account)


HANDLERS: list[Any] = [
    list_all,
    create,
    read,
    update,
    move,
    remove,
    restore,
    purge,
    freeze,
    unfreeze,
    explain,
    weigh,
]
