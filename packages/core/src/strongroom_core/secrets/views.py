"""What leaves the secrets feature: everything but values."""

from dataclasses import dataclass
from datetime import datetime

from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.ids import ProjectId, SecretId


@dataclass(frozen=True, slots=True)
class SecretView:
    """A secret's metadata. `field_names` is empty for a single secret."""

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
    created_at: datetime
    revision: int


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
    """A deleted thing that can still be had back."""

    kind: str
    id: str
    name: str
    project_id: ProjectId
    project_name: str
    trashed_at: datetime
    trashed_by: str | None
    purged_at: datetime
