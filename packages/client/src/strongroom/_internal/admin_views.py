"""What people's operations return. Each class lists the members of a response that are parsed.

The names are those of the OpenAPI document, in snake case. A server can send more members, which are
ignored. Times are aware datetimes in UTC.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

from strongroom._internal.value import Value

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `next_cursor` requests the next page, and is None on the last one."""

    items: tuple[T, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Items(Generic[T]):
    """A whole list, which is never long."""

    items: tuple[T, ...]


@dataclass(frozen=True, slots=True)
class OwnKey:
    """The key that a client signs with: for whom it acts, in which vault, and until when.

    A `looking` key can't change anything. `projects` are the IDs that it is limited to, or None for no limit.
    """

    id: str
    name: str
    username: str
    vault_id: str
    vault_name: str
    server: str
    looking: bool
    projects: tuple[str, ...] | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyAsked:
    """A request for a key, which a person approves with its code."""

    id: str
    code: str
    url: str
    link: str
    fingerprint: str
    poll_seconds: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """The status of a request for a key: `pending`, `approved`, `denied` or `expired`."""

    status: str
    key: OwnKey | None


@dataclass(frozen=True, slots=True)
class Application:
    """An application, which groups projects."""

    id: str
    name: str
    description: str | None
    environments: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Project:
    """A project. While `frozen_at` is set, nothing can be read from it."""

    id: str
    application_id: str | None
    application_name: str | None
    name: str
    environment: str | None
    description: str | None
    secrets: int
    machines: int
    last_read_at: datetime | None
    frozen_at: datetime | None
    frozen_by: str | None
    freeze_reason: str | None
    created_at: datetime
    revision: int

    @property
    def address(self) -> str:
        """`application/project`, or `project` if it is standalone."""
        return "/".join(filter(None, (self.application_name, self.name)))


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret's metadata. `field_names` is empty for a single value; `readers` counts machines."""

    id: str
    project_id: str
    kind: str
    name: str
    environment: str | None
    note: str | None
    tags: tuple[str, ...]
    field_names: tuple[str, ...]
    version: int
    changed_at: datetime
    changed_by: str
    last_read_at: datetime | None
    last_read_by: str | None
    read_count: int
    readers: int
    created_at: datetime
    revision: int


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One version of a secret, without its value. `restored` is the version that a rollback brought back."""

    number: int
    origin: str
    restored: int | None
    field_names: tuple[str, ...]
    actor_name: str
    created_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class RegistrationToken:
    """A registration token, shown only once. It registers one machine until `expires_at`."""

    token: Value
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine. `state` is `pending`, `enabled`, `disabled` or `expired`."""

    id: str
    name: str
    state: str
    fingerprint: str
    enrolled_by: str
    hostname: str
    registered_from: str
    country: str | None
    registered_at: datetime
    approved_at: datetime | None
    enabled: bool
    expires_at: datetime | None
    last_seen_at: datetime | None
    projects: int
    grants: int
    replaces: str | None
    replaces_name: str | None
    same_name: int
    revision: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A machine that is attached to a project. `grants` counts the secrets that it can read there."""

    machine_id: str
    machine_name: str
    project_id: str
    project_name: str
    application_name: str | None
    attached_at: datetime
    attached_by: str
    grants: int
    secrets: int


@dataclass(frozen=True, slots=True)
class Grant:
    """A secret that a machine can read. `fields` are the granted ones, or None for the whole secret."""

    secret_id: str
    secret_name: str
    fields: tuple[str, ...] | None
    granted_at: datetime
    granted_by: str


@dataclass(frozen=True, slots=True)
class Grants:
    """Everything that a machine can read in one project."""

    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class GrantsChanged:
    """How many grants a change added and removed."""

    given: int
    taken: int


@dataclass(frozen=True, slots=True)
class Reader:
    """A machine that can read a secret. `fields` are the granted ones, or None for the whole secret."""

    machine_id: str
    machine_name: str
    enabled: bool
    fields: tuple[str, ...] | None
    granted_at: datetime
    granted_by: str
    last_read_at: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One event in the audit log. `outcome` is `done` or `refused`; `reason` says why it was refused."""

    id: str
    at: datetime
    action: str
    severity: str
    outcome: str
    reason: str | None
    actor_kind: str
    actor_id: str | None
    actor_name: str
    target_kind: str | None
    target_id: str | None
    target_name: str | None
    project_id: str | None
    project_name: str | None
    application_name: str | None
    address: str
    country: str | None
    request_id: str
    detail: dict[str, object] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Share:
    """A one-time share, without its link and passphrase."""

    id: str
    label: str | None
    kind: str
    state: str
    project_id: str | None
    project_name: str | None
    tries: int
    tries_left: int
    created_by: str
    created_at: datetime
    expires_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewShare:
    """A new share. Its link and its passphrase aren't stored: this is the only time they are shown."""

    share: Share
    url: Value
    passphrase: Value
