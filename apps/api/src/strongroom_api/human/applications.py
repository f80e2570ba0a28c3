"""Applications: the projects of one service, one per environment (V-2)."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post
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
from strongroom_api.human.projects import ProjectAnswer
from strongroom_core.kernel.ids import ApplicationId
from strongroom_core.kernel.page import PageRequest
from strongroom_core.projects.applications import (
    create_application,
    delete_application,
    update_application,
)
from strongroom_core.projects.listing import list_applications, read_application


class ApplicationSummaryAnswer(Answer, kw_only=True, frozen=True):
    """An application in a list, with its environments in their order."""

    id: str
    name: str
    description: str | None
    environments: list[str]
    created_at: datetime
    revision: int


class ApplicationAnswer(Answer, kw_only=True, frozen=True):
    """An application with its projects, in the order of its environments.

    `trashedProjects` of it are in the trash, and keep it from being deleted.
    """

    id: str
    name: str
    description: str | None
    projects: list[ProjectAnswer]
    trashed_projects: int
    created_at: datetime
    revision: int


class NewApplication(Body, kw_only=True, frozen=True):
    """An application to be made, with a project for each environment, in this order."""

    name: str
    environments: list[str] = msgspec.field(default_factory=list[str])
    description: str | None = None


class ApplicationChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent stays as it is; a null or empty description is removed."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET


@get("/applications", operation_id="listApplications")
async def list_all(
    request: ApiRequest, limit: FromQuery[int | None] = None, cursor: FromQuery[str | None] = None
) -> PageAnswer[ApplicationSummaryAnswer]:
    """List the vault's applications by name."""
    page = PageRequest.parse(limit=limit, cursor=cursor, keys=2)
    found = await list_applications(request.core, request.person, page)
    return several(found, ApplicationSummaryAnswer)


@post("/applications", operation_id="createApplication", status_code=201, response_headers=CREATED)
async def create(
    request: ApiRequest, data: JSONBody[NewApplication]
) -> Response[ApplicationAnswer]:
    """Make an application and its projects."""
    view = await create_application(
        request.core,
        request.person,
        name=data.name,
        environments=data.environments,
        description=data.description,
    )
    return single(view, ApplicationAnswer, made_at=f"/api/applications/{view.id}")


@get("/applications/{application_id:str}", operation_id="readApplication", response_headers=ETAG)
async def read(request: ApiRequest, application_id: FromPath[str]) -> Response[ApplicationAnswer]:
    """Return one application."""
    view = await read_application(request.core, request.person, ApplicationId(application_id))
    return single(view, ApplicationAnswer)


@patch(
    "/applications/{application_id:str}", operation_id="updateApplication", response_headers=ETAG
)
async def update(
    request: ApiRequest,
    application_id: FromPath[str],
    data: JSONBody[ApplicationChanges],
    if_match: IfMatch = None,
) -> Response[ApplicationAnswer]:
    """Change an application's name or description."""
    view = await update_application(
        request.core,
        request.person,
        ApplicationId(application_id),
        name=None if data.name is msgspec.UNSET else data.name,
        description=given(data.description),
        if_match=revision(if_match),
    )
    return single(view, ApplicationAnswer)


@delete("/applications/{application_id:str}", operation_id="deleteApplication", status_code=204)
async def remove(
    request: ApiRequest, application_id: FromPath[str], if_match: IfMatch = None
) -> None:
    """Delete an application that holds no project, not even in the trash."""
    await delete_application(
        request.core,
        request.person,
        ApplicationId(application_id),
        if_match=revision(if_match),
    )


HANDLERS: list[Any] = [list_all, create, read, update, remove]
