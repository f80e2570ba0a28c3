"""The views that the overview and search return."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from strongroom_core.kernel.ids import ProjectId
from strongroom_core.kernel.view import View


class Counts(View):
    """Totals. Those that the caller isn't allowed to see are None.

    `secrets_unread` counts secrets that were neither read nor created in the last 90 days, and
    `secrets_never_read` counts secrets that no machine has ever read, however new they are. `machines` counts
    approved machines, and `machines_seen` counts the approved machines seen in the last 7 days.
    """

    projects: int
    applications: int
    secrets: int
    secrets_unread: int
    secrets_never_read: int
    machines: int | None
    machines_seen: int | None
    machines_pending: int | None
    members: int


class PendingMachine(View):
    """A machine pending approval. `since` is when it registered."""

    id: UUID
    name: str
    hostname: str
    since: datetime


class FrozenProject(View):
    """A frozen project. `by` is the name, at the time, of the person who froze it.

    If `by_canary`, it is the name of the machine that read a canary.
    """

    id: ProjectId
    name: str
    application_name: str | None
    environment: str | None
    since: datetime
    by: str | None
    by_canary: bool
    reason: str | None


class ExpiringMachine(View):
    """A machine in use that expires within three days."""

    id: UUID
    name: str
    expires_at: datetime


class FirstSteps(View):
    """Which first steps have been done in a new vault. Trashed objects and denied machines don't count.

    `granted_path` is an example: the path of the first secret granted to a machine.
    """

    has_project: bool
    has_secret: bool
    machine_registered: bool
    machine_approved: bool
    machine_granted: bool
    has_read: bool
    granted_path: str | None


class NearlyUsedToken(View):
    """An active enrollment token that is nearly used up: 90% of its machines have enrolled."""

    id: str
    name: str
    uses: int
    max_uses: int


class Recovering(View):
    """A member whose account is being recovered, and when that ends (A-12)."""

    username: str
    due_at: datetime


class Overview(View):
    """A vault's overview. Each list has up to a hundred items, most urgent first.

    `first_read_at` is when a machine first read a secret, according to the audit log.
    """

    counts: Counts
    pending_machines: list[PendingMachine]
    frozen_projects: list[FrozenProject]
    expiring_machines: list[ExpiringMachine]
    nearly_used_tokens: list[NearlyUsedToken]
    recoveries: list[Recovering]
    first_steps: FirstSteps
    first_read_at: datetime | None


class Signals(View):
    """Items that need attention. `machines_pending` is None if the user can't see machines.

    `machines_blocked` means that the IP allowlist is enabled but empty. `no_access` is why the user sees no
    projects and no secrets, if the user has no access role.
    """

    vault_name: str
    machines_pending: int | None
    frozen_projects: list[FrozenProject]
    machines_blocked: bool
    no_access: str | None


class FoundKind(StrEnum):
    """What a search can find."""

    APPLICATION = "application"
    PROJECT = "project"
    SECRET = "secret"
    MACHINE = "machine"


class Offered(View):
    """A project that a form offers, and the IDs and names of its secrets."""

    id: ProjectId
    path: str
    secrets: list[tuple[str, str]]


class Found(View):
    """One search result. `project_id` and the names identify its project, if it is in one."""

    kind: FoundKind
    id: str
    name: str
    project_id: ProjectId | None
    project_name: str | None
    environment: str | None
    application_name: str | None
