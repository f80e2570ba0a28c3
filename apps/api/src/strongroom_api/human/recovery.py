"""Recovery of a frozen project: what was read in the last 24 hours, and what still has to be done (V-4)."""

from typing import Any

from litestar import get
from litestar.params import FromPath

from strongroom_api.callers import ApiRequest
from strongroom_core.access.actions.projects import PROJECT_VIEW
from strongroom_core.access.operations import people
from strongroom_core.audit.recovery import read_recovery
from strongroom_core.audit.views import Recovery
from strongroom_core.kernel.ids import ProjectId


@get(
    "/projects/{project_id:str}/recovery",
    operation_id="readRecovery",
    opt={"operation": people(PROJECT_VIEW)},
)
async def read(request: ApiRequest, project_id: FromPath[str]) -> Recovery:
    """Return what happened before and after a project was frozen."""
    return await read_recovery(request.core, request.person, ProjectId(project_id))


HANDLERS: list[Any] = [read]
