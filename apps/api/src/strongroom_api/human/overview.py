"""The overview of a vault, and search in it (U-1, V-6)."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import QueryParameter

from strongroom_api.answers import Answer
from strongroom_api.callers import ApiRequest
from strongroom_core.overview.overview import read_overview
from strongroom_core.overview.search import search
from strongroom_core.overview.views import FoundKind


class CountsAnswer(Answer, kw_only=True, frozen=True):
    """How much there is. Unread secrets were neither read nor made in 90 days; null is not shown to all."""

    projects: int
    applications: int
    secrets: int
    secrets_unread: int
    machines: int | None
    machines_seen: int | None
    machines_pending: int | None
    members: int


class PendingMachineAnswer(Answer, kw_only=True, frozen=True):
    """A machine that waits for approval."""

    id: UUID
    name: str
    hostname: str
    since: datetime


class FrozenProjectAnswer(Answer, kw_only=True, frozen=True):
    """A frozen project: since when, by whom and why."""

    id: str
    name: str
    application_name: str | None
    environment: str | None
    since: datetime
    by: str | None
    reason: str | None


class ExpiringMachineAnswer(Answer, kw_only=True, frozen=True):
    """A machine that expires within three days."""

    id: UUID
    name: str
    expires_at: datetime


class FirstStepsAnswer(Answer, kw_only=True, frozen=True):
    """What a new vault has had done."""

    has_project: bool
    has_secret: bool
    machine_registered: bool
    machine_approved: bool
    machine_granted: bool
    has_read: bool


class OverviewAnswer(Answer, kw_only=True, frozen=True):
    """A vault at a glance. Lists end after a hundred."""

    counts: CountsAnswer
    pending_machines: list[PendingMachineAnswer]
    frozen_projects: list[FrozenProjectAnswer]
    expiring_machines: list[ExpiringMachineAnswer]
    first_steps: FirstStepsAnswer
    first_read_at: datetime | None


class FoundAnswer(Answer, kw_only=True, frozen=True):
    """One thing that was found, and where it is."""

    kind: FoundKind
    id: str
    name: str
    project_id: str | None
    project_name: str | None
    environment: str | None
    application_name: str | None


class SearchAnswer(Answer, kw_only=True, frozen=True):
    """At most twenty things, those first whose name begins with the text."""

    items: list[FoundAnswer]


Typed = Annotated[
    str,
    QueryParameter(
        max_length=100, description="Beginnings of words of a name, note or tag, or of an id."
    ),
]


@get("/overview", operation_id="readOverview")
async def read(request: ApiRequest) -> OverviewAnswer:
    """Return how much there is, what needs a person, and what was done first."""
    found = await read_overview(request.core, request.person)
    return msgspec.convert(found, OverviewAnswer, from_attributes=True)


@get("/search", operation_id="search")
async def find(request: ApiRequest, q: Typed) -> SearchAnswer:
    """Find applications, projects, secrets and machines by the beginnings of words."""
    found = await search(request.core, request.person, q)
    return SearchAnswer(items=msgspec.convert(found, list[FoundAnswer], from_attributes=True))


HANDLERS: list[Any] = [read, find]
