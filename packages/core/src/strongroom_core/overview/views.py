"""What leaves the overview and search."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from strongroom_core.kernel.ids import ProjectId


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How much there is, as far as the caller may see; None is what they may not.

    `secrets_unread` were neither read nor made in the last 90 days; `machines` are the approved
    ones, `machines_seen` those of them that were seen in the last 7 days.
    """

    projects: int
    applications: int
    secrets: int
    secrets_unread: int
    machines: int | None
    machines_seen: int | None
    machines_pending: int | None
    members: int


@dataclass(frozen=True, slots=True)
class PendingMachine:
    """A machine that waits for approval since it registered."""

    id: UUID
    name: str
    hostname: str
    since: datetime


@dataclass(frozen=True, slots=True)
class FrozenProject:
    """A frozen project. `by` is who froze it, as the act left it."""

    id: ProjectId
    name: str
    application_name: str | None
    environment: str | None
    since: datetime
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ExpiringMachine:
    """A machine that is in use and expires within three days."""

    id: UUID
    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSteps:
    """What a new vault has had done. Trashed things do not count, and denied machines are gone."""

    has_project: bool
    has_secret: bool
    machine_registered: bool
    machine_approved: bool
    machine_granted: bool
    has_read: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A vault at a glance. Of each list the first hundred, the most urgent first."""

    counts: Counts
    pending_machines: list[PendingMachine]
    frozen_projects: list[FrozenProject]
    expiring_machines: list[ExpiringMachine]
    first_steps: FirstSteps
    first_read_at: datetime | None
    """When a machine first read a secret, as far back as the record goes."""


@dataclass(frozen=True, slots=True)
class Signals:
    """What the frame of every page shows. `machines_pending` is None for who may not see machines."""

    vault_name: str
    machines_pending: int | None
    frozen_projects: list[FrozenProject]


class FoundKind(StrEnum):
    """What a search can find."""

    APPLICATION = "application"
    PROJECT = "project"
    SECRET = "secret"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True)
class Found:
    """One result of a search. `project_id` and the names say where it is, where it is anywhere."""

    kind: FoundKind
    id: str
    name: str
    project_id: ProjectId | None
    project_name: str | None
    environment: str | None
    application_name: str | None
