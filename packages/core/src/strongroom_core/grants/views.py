"""What leaves the grants feature."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from strongroom_core.kernel.ids import ProjectId, SecretId


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A machine attached to a project, and how many of its secrets it was granted.

    `secrets` is how many there are. `last_seen_at` is the machine's last read of anything.
    """

    machine_id: UUID
    machine_name: str
    project_id: ProjectId
    project_name: str
    attached_at: datetime
    attached_by: str
    grants: int
    secrets: int
    application_name: str | None
    environment: str | None
    frozen_at: datetime | None
    machine_enabled: bool
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class GrantView:
    """A secret a machine was granted. `fields` None means all of them."""

    secret_id: SecretId
    secret_name: str
    kind: str
    fields: list[str] | None
    granted_at: datetime
    granted_by: str
    seen_version: int | None


@dataclass(frozen=True, slots=True)
class GrantsSet:
    """The grants after they were set, and the ids that were ignored because nothing is there."""

    grants: list[GrantView]
    ignored: list[str]


@dataclass(frozen=True, slots=True)
class ReaderView:
    """A machine that was granted a secret, and whether it could read now as far as it goes itself.

    `fields` None means all of them. `last_read_at` is None for one that never read it.
    """

    machine_id: UUID
    machine_name: str
    enabled: bool
    expires_at: datetime | None
    fields: list[str] | None
    granted_at: datetime
    granted_by: str
    seen_version: int | None
    last_read_at: datetime | None
