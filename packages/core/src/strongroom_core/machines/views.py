"""What leaves the machines feature."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
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


class MachineState(StrEnum):
    """Where a machine stands between its two switches: approval comes first."""

    PENDING = "pending"
    ENABLED = "enabled"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class MachineCounts:
    """How many machines are in each state, in the order of `MachineState`."""

    pending: int
    enabled: int
    disabled: int


@dataclass(frozen=True, slots=True)
class MachineUse:
    """What a machine has read of late. `address` and `country` are those of its last read.

    `reads` and `refusals` are of the last hour; `last_read_at` is None for one that never read.
    """

    reads: int
    refusals: int
    last_read_at: datetime | None
    address: str | None
    country: str | None


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
