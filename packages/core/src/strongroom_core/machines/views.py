"""The views that the machines feature returns."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.view import View


@dataclass(frozen=True, slots=True)
class BootstrapToken:
    """A new registration token, shown once, and the command that uses it."""

    token: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """The response to a machine that has just registered."""

    machine: UUID
    name: str
    vault: VaultId


class MachineState(StrEnum):
    """A machine's state: pending until approved, then enabled or disabled."""

    PENDING = "pending"
    ENABLED = "enabled"
    DISABLED = "disabled"


class MachineCounts(View):
    """The number of machines in each state."""

    pending: int
    enabled: int
    disabled: int


class MachineUse(View):
    """A machine's recent activity. `address` and `country` are those of its last read.

    `reads` and `refusals` cover the last hour. `last_read_at` is None if the machine has never read anything.
    """

    reads: int
    refusals: int
    last_read_at: datetime | None
    address: str | None
    country: str | None


class MachineView(View):
    """A machine. While it is pending, `replaces` is the approved machine with the same host name, if any."""

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
