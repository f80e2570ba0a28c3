"""The record: entries, filtered and one by one, the chart of reads, and export (L-1, L-4)."""

from asyncio import to_thread
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, TypeAlias, TypeVar
from uuid import UUID

import msgspec
from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, QueryParameter, SkipValidation

from strongroom_api.answers import Answer, PageAnswer, several
from strongroom_api.callers import ApiRequest
from strongroom_api.human.record_files import MEDIA_TYPES, EntryAnswer, write_file
from strongroom_core.access.actions import Action
from strongroom_core.audit.entry import Outcome, Severity
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.page import PageRequest
from strongroom_core.record.chart import Span, reads_over_time
from strongroom_core.record.export import MOST_EXPORTED, ExportForm, export_entries
from strongroom_core.record.filter import EntryFilter
from strongroom_core.record.list import KEYS, list_entries
from strongroom_core.record.read import read_entry

NEXT_CURSOR = "X-Next-Cursor"
EXPORTED = (
    ResponseHeader(
        name=NEXT_CURSOR,
        documentation_only=True,
        description=f"Where to go on, if there are more than {MOST_EXPORTED} entries.",
    ),
    ResponseHeader(
        name="Content-Disposition", documentation_only=True, description="A name for the file."
    ),
)

ACTOR_KINDS = frozenset({"user", "machine", "ai_agent", "system", "external"})

WordT = TypeVar("WordT", bound=StrEnum)


def _about(description: str) -> Any:
    return QueryParameter(description=description)


Order: TypeAlias = Literal["newest", "oldest"]
Actions: TypeAlias = Annotated[str | None, _about("Actions, separated by commas.")]
Severities: TypeAlias = Annotated[str | None, _about("Severities, separated by commas.")]
Actor: TypeAlias = Annotated[str | None, _about("The id of who acted, or what kind of actor.")]
Target: TypeAlias = Annotated[str | None, _about("The id of what was acted upon.")]
Machine: TypeAlias = Annotated[
    str | None, _about("A machine that acted, was acted upon or was given something.")
]
Project: TypeAlias = Annotated[str | None, _about("A project, and what happened in it.")]
Address: TypeAlias = Annotated[str | None, _about("An IP address, or a range such as 10.0.0.0/8.")]
Beginning: TypeAlias = Annotated[
    str | None, _about("The beginning of a name or id of actor, target or request.")
]
Since: TypeAlias = Annotated[datetime | None, _about("The first moment that is wanted.")]
Until: TypeAlias = Annotated[datetime | None, _about("The first moment that is not.")]


def filter_of(  # noqa: PLR0913 -- each filter is a parameter of the query
    *,
    action: Actions = None,
    severity: Severities = None,
    outcome: FromQuery[Outcome | None] = None,
    actor: Actor = None,
    target: Target = None,
    machine: Machine = None,
    project: Project = None,
    address: Address = None,
    q: Beginning = None,
    since: Since = None,
    until: Until = None,
) -> EntryFilter:
    """Return the filter that a query means. Raises `Invalid` for a word that is none of ours."""
    of_kind = actor in ACTOR_KINDS
    return EntryFilter(
        actions=_words(action, Action, "action"),
        severities=_words(severity, Severity, "severity"),
        outcome=outcome,
        actor_kind=actor if of_kind else None,
        actor_id=None if of_kind else actor,
        target_id=target,
        machine=machine,
        project=project,
        address=address,
        q=q,
        since=since,
        until=until,
    )


def _words(text: str | None, kind: type[WordT], name: str) -> frozenset[WordT]:
    try:
        return frozenset(kind(word.strip()) for word in text.split(",")) if text else frozenset()
    except ValueError:
        raise Invalid(f"{name} has a word that is none of ours", field=name) from None


FILTER = {"wanted": Provide(filter_of, sync_to_thread=False)}
Wanted: TypeAlias = NamedDependency[SkipValidation[EntryFilter]]


class EntryInPlaceAnswer(Answer, kw_only=True, frozen=True):
    """An entry, and the ids of those before and after it in time."""

    entry: EntryAnswer
    previous: UUID | None
    next: UUID | None


class BucketAnswer(Answer, kw_only=True, frozen=True):
    """The reads from `start` on, for the length of a step."""

    start: datetime
    delivered: int
    refused: int


class ReadsAnswer(Answer, kw_only=True, frozen=True):
    """Reads in buckets of `step` seconds, oldest first. The last one is still filling."""

    span: Span
    step: int
    delivered: int
    refused: int
    buckets: list[BucketAnswer]


@get("/audit", operation_id="listEntries", dependencies=FILTER)
async def list_all(
    request: ApiRequest,
    *,
    wanted: Wanted,
    order: FromQuery[Order] = "newest",
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> PageAnswer[EntryAnswer]:
    """List entries of the record, newest first: all, or one's own."""
    page = PageRequest.parse(limit=limit, cursor=cursor, keys=KEYS)
    oldest = order == "oldest"
    found = await list_entries(request.core, request.person, page, wanted, oldest_first=oldest)
    return several(found, EntryAnswer)


@get("/audit/export", operation_id="exportEntries", dependencies=FILTER, response_headers=EXPORTED)
async def export(
    request: ApiRequest,
    *,
    wanted: Wanted,
    format: FromQuery[ExportForm],  # noqa: A002 -- the name of the parameter in the query
    order: FromQuery[Order] = "newest",
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """Return up to 10,000 entries as a file. Its last line says so when there are more."""
    page = PageRequest.parse(limit=None, cursor=cursor, keys=KEYS)
    oldest = order == "oldest"
    found = await export_entries(
        request.core, request.person, page, wanted, form=format, oldest_first=oldest
    )
    headers = {"Content-Disposition": f'attachment; filename="audit.{format}"'}
    if found.next_cursor is not None:
        headers[NEXT_CURSOR] = found.next_cursor
    content = await to_thread(write_file, found, format)
    return Response(content, media_type=MEDIA_TYPES[format], headers=headers)


@get("/audit/reads", operation_id="readsOverTime")
async def chart(request: ApiRequest, span: FromQuery[Span] = Span.WEEK) -> ReadsAnswer:
    """Return how many reads were delivered and refused in the last day, week or month."""
    found = await reads_over_time(request.core, request.person, span)
    return msgspec.convert(found, ReadsAnswer, from_attributes=True)


@get("/audit/{entry_id:str}", operation_id="readEntry")
async def read(request: ApiRequest, entry_id: FromPath[str]) -> EntryInPlaceAnswer:
    """Return one entry of the record."""
    found = await read_entry(request.core, request.person, entry_id)
    return msgspec.convert(found, EntryInPlaceAnswer, from_attributes=True)


HANDLERS: list[Any] = [list_all, export, chart, read]
