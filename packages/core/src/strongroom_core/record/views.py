"""What leaves the record."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from strongroom_core.audit.entry import Detail, Outcome, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry. Names are those of its moment, but for project and application, which are today's.

    `tx` and `id` are its position: entries are in the order of `(tx, id)`. `leaf` is its number in
    the sealed record, None until it is sealed.
    """

    id: UUID
    tx: str
    at: datetime
    incarnation: int
    action: str
    severity: Severity
    outcome: Outcome
    reason: str | None
    actor_kind: str
    actor_id: str | None
    actor_name: str
    target_kind: str | None
    target_id: str | None
    target_name: str | None
    project_id: str | None
    project_name: str | None
    environment: str | None
    application_id: str | None
    application_name: str | None
    address: str
    country: str | None
    request_id: str
    detail: Detail
    leaf: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """A machine that read values of a project shortly before it was frozen.

    `state` is enabled, disabled or revoked, as it is now; `other_projects` are those it also reaches.
    """

    id: str
    name: str
    state: str
    reads: int
    secrets: int
    last_read_at: datetime
    address: str
    other_projects: int


@dataclass(frozen=True, slots=True)
class Exposed:
    """A secret whose value left shortly before the freeze. `replaced`: it has another value by now."""

    id: str
    name: str
    reads: int
    readers: int
    last_read_at: datetime
    last_read_by: str
    version: int
    replaced: bool
    trashed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRecord:
    """What the record tells of a freeze: reads of the 24 hours before it, and what happened since.

    Of `readers` and `exposed` the first hundred, the latest read first and what is dealt with last;
    `readers_number` and `exposed_number` are how many there are, `exposed_open` how many are neither
    replaced nor in the trash. `before` and `after` are told oldest first, `refused_now` newest first;
    `accounts` are what people said happened.
    """

    refused: int
    refused_machines: int
    readers: list[Reader]
    readers_number: int
    exposed: list[Exposed]
    exposed_number: int
    exposed_open: int
    before: list[EntryView]
    after: list[EntryView]
    refused_now: list[EntryView]
    accounts: list[EntryView]


@dataclass(frozen=True, slots=True)
class Recovery:
    """A frozen project. `machines` are enabled, hold a grant, and read again once the freeze is lifted.

    `record` is None for whoever may not see what others did.
    """

    since: datetime
    by: str
    reason: str
    machines: int
    record: FreezeRecord | None


@dataclass(frozen=True, slots=True)
class EntryInPlace:
    """An entry, and the ids of its neighbours among the entries its reader sees."""

    entry: EntryView
    previous: UUID | None
    """The one before it in time; None for the first."""
    next: UUID | None
    """The one after it; None for the newest."""
