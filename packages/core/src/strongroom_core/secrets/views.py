"""The views that the secrets feature returns: everything but values."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.ids import PolicyId, ProjectId, SecretId
from strongroom_core.kernel.view import View


class RotationView(View):
    """How a rotation generates a secret's next value; in a structured secret, for `fields`.

    `queued_at` and `queued_by` are about the rotation that is queued, if there is one.
    """

    length: int
    charset: str
    fields: list[str]
    set_at: datetime
    set_by: str
    queued_at: datetime | None
    queued_by: str | None


class SecretView(View):
    """A secret's metadata, never its value. `field_names` is empty for a single secret.

    `readers` is the number of machines with access to it. `rotation` is None without rotation settings.
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
    policy_id: PolicyId | None
    policy_name: str | None
    rotation: RotationView | None
    created_at: datetime
    revision: int


class Decoy(StrEnum):
    """The kind of credential that a canary imitates."""

    CLOUD_KEY = "cloud_key"
    DATABASE_URL = "database_url"
    ENV_FILE = "env_file"
    PASSWORD = "password"

    @property
    def kind(self) -> SecretKind:
        """The kind of secret in which such a credential is usually stored."""
        return SecretKind.STRUCTURED if self is Decoy.CLOUD_KEY else SecretKind.SINGLE


class DrillAlertState(StrEnum):
    """What became of a drill's alert. `accepted` means by the receiver, or by the mail server."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    FAILED = "failed"


class DrillAlert(View):
    """One alert about a drill. `channel` is `mail` or a webhook's name.

    `status` is the receiver's answer to the last attempt: of HTTP, or of SMTP if the email had a problem.
    `reason` says why there was no answer, or none that was expected.
    """

    channel: str
    state: DrillAlertState
    status: int | None
    reason: str | None


class LastDrill(View):
    """A canary's last drill, with its alerts so far. There is one for each webhook and each email."""

    at: datetime
    by: str
    alerts: list[DrillAlert]


class CanaryView(View):
    """A canary: what it imitates, and what happens when it is read. `id` is the secret's ID.

    Unless `enabled`, it behaves like any other secret. `readers` is the number of machines with access to it.
    `planted_at` and `planted_by` say when and by whom it was last planted or re-planted. `tripped_at` is when
    it was last read, or None if it hasn't been read since then. `alert_channels` says where its alerts go:
    `mail` and the IDs of webhooks, or None if the vault's rules decide. `last_drill` is None if there hasn't
    been a drill within the time for which the audit log is kept.
    """

    id: SecretId
    project_id: ProjectId
    name: str
    decoy: Decoy
    field_names: list[str]
    version: int
    enabled: bool
    freeze: bool
    cascade: bool
    tripped_at: datetime | None
    alert_channels: list[str] | None
    last_drill: LastDrill | None
    readers: int
    created_at: datetime
    planted_at: datetime
    planted_by: str
    revision: int


class CanaryDrill(View):
    """What would happen if a canary were read now. The drill only writes an event to the audit log.

    `fires` is false if the canary is disabled, no machine has access to it, or its project is frozen already.
    `readers` are the machines with access. `cascades_to` contains the paths of the other projects that would
    be frozen if all of these machines read it, without those that the user can't see. `alerts_to` contains
    the channels that get the drill's alert, like a real one: `mail`, and names of webhooks. `summary` says
    the same in sentences.
    """

    summary: str
    fires: bool
    enabled: bool
    frozen: bool
    freeze: bool
    readers: list[str]
    cascades_to: list[str]
    alerts_to: list[str]


class LastRead(StrEnum):
    """When secrets were last read, as a filter for the list."""

    NEVER = "never"
    UNUSED = "unused"
    """Secrets that were neither read nor created in the last 90 days."""


class Facet(View):
    """A value by which the list can be filtered, and the number of secrets that have it."""

    name: str
    secrets: int


class RenameReason(StrEnum):
    """Why a secret should be renamed."""

    SHARED = "shared"
    DANGEROUS = "dangerous"
    PATH = "path"


class ToRename(View):
    """A secret that commands can't use under its name.

    `reason` is `shared` if another secret in the project becomes the same `variable`; `dangerous` if the
    commands `run` and `export` reject the variable; or `path` if the name contains `/` or `#`, so that
    commands can refer to the secret only by its ID. `variable` is then null.
    """

    id: SecretId
    name: str
    variable: str | None
    reason: RenameReason


class Facets(View):
    """A project's secrets, counted for each filter.

    Only the 100 most frequent tags and environments are included, most frequent first, and the first 100
    secrets to rename.
    """

    secrets: int
    kinds: list[Facet]
    tags: list[Facet]
    environments: list[Facet]
    last_read: list[Facet]
    to_rename: list[ToRename]


class KeptVersions(View):
    """How many versions of a secret are kept, and how many the plan keeps. None means all."""

    kept: int
    most: int | None


class VersionView(View):
    """One version: when, how and by whom it was made. `restored` is the version that a rollback restored."""

    number: int
    origin: str
    restored: int | None
    field_names: list[str]
    actor_kind: str
    actor_name: str
    created_at: datetime
    current: bool


class FormerReader(View):
    """A machine that could read a deleted secret, or only its `field_names` if there are any."""

    machine_id: UUID
    machine_name: str
    field_names: list[str]


class TrashItem(View):
    """A deleted secret or project, and when it will be permanently deleted.

    `holds` counts a secret's versions, or the secrets that are restored with a project. `trashed_by` is the
    name, at the time, of the person who deleted it. `former_readers` lists the machines that could read the
    secret. It is empty for a project, because a project is restored with its grants.
    """

    kind: Literal["secret", "project"]
    id: str
    name: str
    project_id: ProjectId
    project_name: str
    application_name: str | None
    trashed_at: datetime
    trashed_by: str | None
    holds: int
    purged_at: datetime
    former_readers: list[FormerReader]
