"""Applications: the projects of one service, one per environment (V-2)."""

from typing import Any

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from strongroom_api.answers import CREATED, ETAG, IfMatch, revision, single
from strongroom_api.bodies import Body, given
from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged, Sought
from strongroom_core.access.actions.projects import (
    APPLICATION_CREATE,
    APPLICATION_DELETE,
    APPLICATION_UPDATE,
    APPLICATION_VIEW,
    PROJECTS_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.kernel.ids import ApplicationId
from strongroom_core.kernel.page import CountedPage
from strongroom_core.projects.applications import (
    create_application,
    delete_application,
    update_application,
)
from strongroom_core.projects.listing import list_applications, read_application
from strongroom_core.projects.views import ApplicationSummary, ApplicationView


class NewApplication(Body, kw_only=True, frozen=True):
    """An application to create, with a project for each environment, in this order."""

    name: str
    environments: list[str] = msgspec.field(default_factory=list[str])
    description: str | None = None


class ApplicationChanges(Body, kw_only=True, frozen=True):
    """What to change. Absent means unchanged; a null or empty description is removed."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType | None = msgspec.UNSET


@get(
    "/applications",
    operation_id="listApplications",
    opt={"operation": people(PROJECTS_VIEW)},
    dependencies=PAGED,
)
async def list_all(
    request: ApiRequest,
    *,
    page: Paged,
    q: Sought = None,
) -> CountedPage[ApplicationSummary]:
    """List the vault's applications, by name.

    `q` is any part of a name or description. `sort` is one of name, environments, createdAt.
    """
    return await list_applications(request.core, request.person, page, q=q)


@post(
    "/applications",
    operation_id="createApplication",
    opt={"operation": people(APPLICATION_CREATE)},
    status_code=201,
    response_headers=CREATED,
)
async def create(request: ApiRequest, data: JSONBody[NewApplication]) -> Response[ApplicationView]:
    """Create an application and its projects."""
    view = await create_application(
        request.core,
        request.person,
        name=data.name,
        environments=data.environments,
        description=data.description,
    )
    return single(view, made_at=f"/api/applications/{view.id}")


@get(
    "/applications/{application_id:str}",
    operation_id="readApplication",
    opt={"operation": people(APPLICATION_VIEW)},
    response_headers=ETAG,
)
async def read(request: ApiRequest, application_id: FromPath[str]) -> Response[ApplicationView]:
    """Return one application."""
    view = await read_application(request.core, request.person, ApplicationId(application_id))
    return single(view)


@patch(
    "/applications/{application_id:str}",
    operation_id="updateApplication",
    opt={"operation": people(APPLICATION_UPDATE)},
    response_headers=ETAG,
)
async def update(
    request: ApiRequest,
    application_id: FromPath[str],
    data: JSONBody[ApplicationChanges],
    if_match: IfMatch = None,
) -> Response[ApplicationView]:
    """Change an application's name or description."""
    view = await update_application(
        request.core,
        request.person,
        ApplicationId(application_id),
        name=None if data.name is msgspec.UNSET else data.name,
        description=given(data.description),
        if_match=revision(if_match),
    )
    return single(view)


@delete(
    "/applications/{application_id:str}",
    operation_id="deleteApplication",
    opt={"operation": people(APPLICATION_DELETE)},
    status_code=204,
)
async def remove(
    request: ApiRequest, application_id: FromPath[str], if_match: IfMatch = None
) -> None:
    """Delete an application that has no projects, not even in the trash."""
    await delete_application(
        request.core,
        request.person,
        ApplicationId(application_id),
        if_match=revision(if_match),
    )


HANDLERS: list[Any] = [list_all, create, read, update, remove]
