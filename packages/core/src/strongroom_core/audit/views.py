"""The views that the audit log returns."""

from datetime import datetime
from uuid import UUID

from strongroom_core.access.entry import Detail, Outcome, Severity
from strongroom_core.kernel.view import View


class EntryView(View):
    """One entry. Names are those at that moment, except the current names of the project and application.

    If the actor acted on someone's behalf, the requester asked for the action, and the approver, if it needed
    one, allowed it. `leaf` is its number in the sealed audit log, or None until it is sealed.
    """

    id: UUID
    at: datetime
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
    incarnation: int
    requester_kind: str | None
    requester_id: str | None
    requester_name: str | None
    approver_id: str | None
    approver_name: str | None
    leaf: int | None


class Reader(View):
    """A machine that read a project's values shortly before it was frozen.

    `state` is the machine's current state: enabled, disabled or revoked. `other_projects` counts the other
    projects to which it is attached.
    """

    id: str
    name: str
    state: str
    reads: int
    secrets: int
    last_read_at: datetime
    address: str
    other_projects: int


class Exposed(View):
    """A secret that was read shortly before the freeze. If `replaced`, its value has changed since then."""

    id: str
    name: str
    reads: int
    readers: int
    last_read_at: datetime
    last_read_by: str
    version: int
    replaced: bool
    trashed: bool


class FreezeRecord(View):
    """A freeze in the audit log: the reads in the 24 hours before it, and the events since then.

    `readers` and `exposed` have up to a hundred items, most recently read first, with handled ones last.
    `readers_number` and `exposed_number` are their totals; `exposed_open` counts the exposed secrets that are
    neither replaced nor in the trash. `before` and `after` list the entries from before and after the freeze,
    oldest first. `refused_now` lists denials, newest first. `accounts` lists the incident notes. `trip` is
    the read of a canary that froze the project, if there was one.
    """

    trip: EntryView | None
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


class Recovery(View):
    """A freeze. `machines` counts the enabled machines with a grant, which can read again after unfreezing.

    `by` is a person or, if `by_canary`, the machine that read a canary. `record` is None for a user who can't
    see what others did.
    """

    since: datetime
    by: str
    by_canary: bool
    reason: str
    machines: int
    record: FreezeRecord | None


class EntryInPlace(View):
    """An entry, and the IDs of the entries before and after it that the caller can see."""

    entry: EntryView
    previous: UUID | None
    next: UUID | None
