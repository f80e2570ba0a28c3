"""What leaves the machines feature."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from strongroom_core.kernel.ids import VaultId


@dataclass(frozen=True, slots=True)
class BootstrapToken:
    """A fresh token, shown once, and the command that uses it."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """What a machine that has just registered is told."""

    machine: UUID
    name: str
    vault: VaultId


@dataclass(frozen=True, slots=True)
class MachineView:
    """A machine. `replaces` names an approved machine of the same hostname, while this one waits."""

    id: UUID
    name: str
    state: str
    fingerprint: str
    enrolled_by: str
    hostname: str
    registered_from: str
    registered_at: datetime
    approved_at: datetime | None
    enabled: bool
    expires_at: datetime | None
    last_seen_at: datetime | None
    projects: int
    grants: int
    replaces: UUID | None
    replaces_name: str | None
    former_names: list[str]
    revision: int
