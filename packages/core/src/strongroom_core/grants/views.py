"""What leaves the grants feature."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from strongroom_core.kernel.ids import ProjectId, SecretId


@dataclass(frozen=True, slots=True)
class AttachmentView:
    """A machine attached to a project, and how many of its secrets it was granted."""

    machine_id: UUID
    machine_name: str
    project_id: ProjectId
    project_name: str
    attached_at: datetime
    attached_by: str
    grants: int


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
