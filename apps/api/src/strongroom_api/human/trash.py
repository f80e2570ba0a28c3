"""The trash: what was deleted and can still be had back (S-7, V-3)."""

from datetime import datetime
from typing import Any, Literal

from litestar import get
from litestar.params import FromQuery

from strongroom_api.answers import Answer, PageAnswer, several
from strongroom_api.callers import ApiRequest
from strongroom_core.kernel.page import PageRequest
from strongroom_core.secrets.listing import list_trash


class TrashAnswer(Answer, kw_only=True, frozen=True):
    """A deleted secret or project, and when it will be purged.

    `holds` counts the versions of a secret, or the secrets that come back with a project.
    """

    kind: Literal["secret", "project"]
    id: str
    name: str
    project_id: str
    project_name: str
    application_name: str | None
    trashed_at: datetime
    trashed_by: str | None
    holds: int
    purged_at: datetime


@get("/trash", operation_id="listTrash")
async def list_all(
    request: ApiRequest, limit: FromQuery[int | None] = None, cursor: FromQuery[str | None] = None
) -> PageAnswer[TrashAnswer]:
    """List what is in the trash, last deleted first."""
    page = PageRequest.parse(limit=limit, cursor=cursor, keys=2)
    return several(await list_trash(request.core, request.person, page), TrashAnswer)


HANDLERS: list[Any] = [list_all]
