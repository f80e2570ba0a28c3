"""The views that the grants feature returns."""

from datetime import datetime
from uuid import UUID

from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.view import View


class AttachmentView(View):
    """A machine attached to a project, and how many of the project's secrets it can read.

    `secrets` is the project's total. `last_seen_at` is the machine's last read anywhere.
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


class GrantView(View):
    """A secret granted to a machine. If `fields` is None, all fields are granted."""

    secret_id: SecretId
    secret_name: str
    kind: str
    fields: list[str] | None
    granted_at: datetime
    granted_by: str
    seen_version: int | None


class GrantsSet(View):
    """A machine's grants in a project, and the IDs that were ignored because they don't exist."""

    grants: list[GrantView]
    ignored: list[str]


class GrantsChanged(View):
    """How many grants are new or different, how many were removed, and which machines were attached."""

    given: int
    taken: int
    attached: list[UUID]


class ReaderView(View):
    """A machine with access to a secret, and whether the machine's own state lets it read now.

    If `fields` is None, the machine can read all fields. `last_read_at` is None if the machine has never read
    the secret.
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
