"""What leaves the secrets feature: everything but values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.ids import ProjectId, SecretId


@dataclass(frozen=True, slots=True)
class SecretView:
    """A secret's metadata. `field_names` is empty for a single secret.

    `readers` is the number of machines that hold a grant of it.
    """

    id: SecretId
    project_id: ProjectId
    kind: SecretKind
    name: str
    environment: str | None
    note: str | None
    tags: list[str]
    field_names: list[str]
    version: int
    changed_at: datetime
    changed_by: str
    last_read_at: datetime | None
    last_read_by: str | None
    read_count: int
    readers: int
    created_at: datetime
    revision: int


class LastRead(StrEnum):
    """When secrets were last read, as far as a list can be narrowed to it."""

    NEVER = "never"
    UNUSED = "unused"
    """Not in 90 days, and not made in them either."""


@dataclass(frozen=True, slots=True)
class Facet:
    """Something a list can be narrowed to, and how many secrets that leaves."""

    name: str
    secrets: int


@dataclass(frozen=True, slots=True)
class Facets:
    """A project's live secrets, counted by what tells them apart.

    Of tags and environments the 100 most frequent, the most frequent first.
    """

    secrets: int
    kinds: list[Facet]
    tags: list[Facet]
    environments: list[Facet]
    last_read: list[Facet]


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version: when, by whom and how it came to be. `restored` is what a rollback brought back."""

    number: int
    origin: str
    restored: int | None
    field_names: list[str]
    actor_kind: str
    actor_name: str
    created_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class TrashItem:
    """A deleted thing that can still be had back. `holds` is its number of versions, or of secrets.

    `trashed_by` is who deleted it, as the act left it.
    """

    kind: str
    id: str
    name: str
    project_id: ProjectId
    project_name: str
    application_name: str | None
    trashed_at: datetime
    trashed_by: str | None
    holds: int
    purged_at: datetime
