"""The trash: deleted objects that can be restored (S-7, V-3)."""

from typing import Any

from litestar import get

from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged, Sought
from strongroom_core.access.actions.secrets import TRASH_VIEW
from strongroom_core.access.operations import people
from strongroom_core.kernel.page import CountedPage
from strongroom_core.secrets.listing import list_trash
from strongroom_core.secrets.views import TrashItem


@get("/trash", operation_id="listTrash", opt={"operation": people(TRASH_VIEW)}, dependencies=PAGED)
async def list_all(
    request: ApiRequest,
    *,
    page: Paged,
    q: Sought = None,
) -> CountedPage[TrashItem]:
    """List the contents of the trash, most recently deleted first.

    `q` is any part of a name, note, tag, environment or description. `sort` is one of trashedAt, name, kind,
    projectName.
    """
    return await list_trash(request.core, request.person, page, q=q)


HANDLERS: list[Any] = [list_all]
