"""The audit log: filtered lists, single events, the chart of reads, and export (L-1, L-4)."""

from asyncio import to_thread
from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias

from litestar import Response, get
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency, Provide
from litestar.params import (
    FromPath,
    FromQuery,
    HeaderParameter,
    QueryParameter,
    SkipValidation,
)
from litestar.response import Stream

from strongroom_api.callers import ApiRequest
from strongroom_api.human.record_files import MEDIA_TYPES, write_file
from strongroom_core.access.action_table import ACTIONS
from strongroom_core.access.actions.audit import AUDIT_EXPORT, AUDIT_VIEW
from strongroom_core.access.entry import Outcome
from strongroom_core.access.operations import people
from strongroom_core.audit.chart import ReadsOverTime, Span, reads_over_time
from strongroom_core.audit.export import MOST_EXPORTED, ExportForm, export_entries
from strongroom_core.audit.filter import SEVERITIES, EntryFilter, words_of
from strongroom_core.audit.list import list_entries
from strongroom_core.audit.read import read_entry
from strongroom_core.audit.views import EntryInPlace, EntryView
from strongroom_core.kernel.page import Page, PageRequest

NEXT_CURSOR = "X-Next-Cursor"
EXPORTED = (
    ResponseHeader(
        name=NEXT_CURSOR,
        documentation_only=True,
        description=f"The cursor for the remaining events, if there are more than {MOST_EXPORTED}.",
    ),
    ResponseHeader(
        name="Content-Disposition", documentation_only=True, description="The file's name."
    ),
)

ACTOR_KINDS = frozenset({"user", "machine", "ai_agent", "system", "external"})


def _about(description: str) -> Any:
    return QueryParameter(description=description)


Order: TypeAlias = Literal["newest", "oldest"]
Actions: TypeAlias = Annotated[str | None, _about("Actions, separated by commas.")]
Severities: TypeAlias = Annotated[str | None, _about("Severities, separated by commas.")]
Actor: TypeAlias = Annotated[str | None, _about("An actor's ID or kind.")]
Target: TypeAlias = Annotated[str | None, _about("A target's ID.")]
Machine: TypeAlias = Annotated[
    str | None, _about("A machine: the event's actor or target, or a machine whose access changed.")
]
Project: TypeAlias = Annotated[
    str | None, _about("A project: the event's target, or the project in which the event happened.")
]
Address: TypeAlias = Annotated[str | None, _about("An IP address, or a range such as 10.0.0.0/8.")]
Sought: TypeAlias = Annotated[
    str | None,
    _about(
        "Any part of the name of an actor, target or action, of an address, or of a secret or machine whose"
        " access changed; or the beginning of an ID."
    ),
]
Since: TypeAlias = Annotated[datetime | None, _about("Start time, inclusive.")]
Until: TypeAlias = Annotated[datetime | None, _about("End time, exclusive.")]


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
    q: Sought = None,
    since: Since = None,
    until: Until = None,
) -> EntryFilter:
    """Return the filter for a query. Raises `Invalid` for an unknown value."""
    of_kind = actor in ACTOR_KINDS
    return EntryFilter(
        actions=words_of(action or "", ACTIONS, "action"),
        severities=words_of(severity or "", SEVERITIES, "severity"),
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


FILTER = {"wanted": Provide(filter_of, sync_to_thread=False)}
Wanted: TypeAlias = NamedDependency[SkipValidation[EntryFilter]]


@get(
    "/audit", operation_id="listEntries", opt={"operation": people(AUDIT_VIEW)}, dependencies=FILTER
)
async def list_all(
    request: ApiRequest,
    *,
    wanted: Wanted,
    order: FromQuery[Order] = "newest",
    limit: FromQuery[int | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Page[EntryView]:
    """List audit log events, newest first: all of them, or only the user's own."""
    page = PageRequest.parse(limit=limit, cursor=cursor)
    oldest = order == "oldest"
    return await list_entries(request.core, request.person, page, wanted, oldest_first=oldest)


@get(
    "/entries/stream",
    operation_id="streamEntries",
    opt={"operation": people(AUDIT_VIEW)},
    media_type="text/event-stream",
    dependencies=FILTER,
)
async def stream(
    request: ApiRequest,
    *,
    wanted: Wanted,
    last: Annotated[str | None, HeaderParameter(name="Last-Event-ID")] = None,
    after: Annotated[str | None, _about("The ID of the last event that you have.")] = None,
    seconds: Annotated[
        int | None, QueryParameter(ge=0, le=86_400, description="How long to keep it open.")
    ] = None,
) -> Stream:
    """Stream new audit log events as they are committed: all of them, or only the user's own.

    The stream contains server-sent events of type `entry`, in the order of the log, each with the event as
    JSON. To continue after an interruption without losing any, send the last ID in the header
    `Last-Event-ID`, as browsers do, or as `after`. IDs without an event keep the connection open. The stream
    ends with an event of type `end` when the user signs out or is suspended, and when their role changes. A
    user can have 5 streams open. The filters are those of `listEntries`. Without `seconds`, a stream stays
    open.
    """
    streams = request.process.streams
    parts = await streams.start(request.core, request.person, last or after, seconds, wanted)
    return Stream(parts, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@get(
    "/audit/export",
    operation_id="exportEntries",
    opt={"operation": people(AUDIT_EXPORT)},
    dependencies=FILTER,
    response_headers=EXPORTED,
)
async def export(
    request: ApiRequest,
    *,
    wanted: Wanted,
    format: FromQuery[ExportForm],  # noqa: A002 -- the name of the parameter in the query
    order: FromQuery[Order] = "newest",
    cursor: FromQuery[str | None] = None,
) -> Response[bytes]:
    """Export up to 10,000 events as a file. Its last line shows whether there are more."""
    page = PageRequest.parse(limit=None, cursor=cursor)
    oldest = order == "oldest"
    found = await export_entries(
        request.core, request.person, page, wanted, form=format, oldest_first=oldest
    )
    name = _file_name(wanted, request.core.clock.now(), format)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if found.next_cursor is not None:
        headers[NEXT_CURSOR] = found.next_cursor
    content = await to_thread(write_file, found, format)
    return Response(content, media_type=MEDIA_TYPES[format], headers=headers)


def _file_name(wanted: EntryFilter, now: datetime, form: ExportForm) -> str:
    """Return a file name that contains the date and the names of the filters, but not their values."""
    filters = [each.name.replace("_", "-") for each in fields(wanted) if getattr(wanted, each.name)]
    return (
        "-".join(["audit", f"{now:%Y-%m-%d}", *(["by", *filters] if filters else [])]) + f".{form}"
    )


@get("/audit/reads", operation_id="countReads", opt={"operation": people(AUDIT_VIEW)})
async def chart(request: ApiRequest, span: FromQuery[Span] = Span.WEEK) -> ReadsOverTime:
    """Return how many reads were delivered and denied in the last day, week or month."""
    return await reads_over_time(request.core, request.person, span)


@get("/audit/{entry_id:str}", operation_id="readEntry", opt={"operation": people(AUDIT_VIEW)})
async def read(request: ApiRequest, entry_id: FromPath[str]) -> EntryInPlace:
    """Return one audit log event."""
    return await read_entry(request.core, request.person, entry_id)


HANDLERS: list[Any] = [list_all, stream, export, chart, read]
