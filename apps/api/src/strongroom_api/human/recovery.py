"""A frozen project: what was read in the 24 hours before, and what still has to be done (V-4)."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath

from strongroom_api.answers import Answer
from strongroom_api.callers import ApiRequest
from strongroom_core.kernel.ids import ProjectId
from strongroom_core.record.recovery import read_recovery


class PastReaderAnswer(Answer, kw_only=True, frozen=True):
    """A machine that read values of the project in the 24 hours before it was frozen."""

    id: str
    name: str
    state: str
    reads: int
    secrets: int
    last_read_at: datetime
    address: str
    other_projects: int


class ExposedAnswer(Answer, kw_only=True, frozen=True):
    """A secret whose value left in the 24 hours before. `replaced`: it has another value by now."""

    id: str
    name: str
    reads: int
    readers: int
    last_read_at: datetime
    last_read_by: str
    version: int
    replaced: bool
    trashed: bool


class FreezeRecordAnswer(Answer, kw_only=True, frozen=True):
    """What the record tells. Of each list the first hundred; the numbers beside them count all."""

    refused: int
    refused_machines: int
    readers: list[PastReaderAnswer]
    readers_number: int
    exposed: list[ExposedAnswer]
    exposed_number: int
    exposed_open: int


class RecoveryAnswer(Answer, kw_only=True, frozen=True):
    """A freeze. `machines` hold a grant and read again as soon as it is lifted.

    `record` is null for whoever may not see what others did.
    """

    since: datetime
    by: str
    reason: str
    machines: int
    record: FreezeRecordAnswer | None


@get("/projects/{project_id:str}/recovery", operation_id="readRecovery")
async def read(request: ApiRequest, project_id: FromPath[str]) -> RecoveryAnswer:
    """Return what is known of a project's freeze."""
    view = await read_recovery(request.core, request.person, ProjectId(project_id))
    return msgspec.convert(view, RecoveryAnswer, from_attributes=True)


HANDLERS: list[Any] = [read]
