"""The views that the machines feature returns."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from strongroom_core.kernel.guardrails import Guardrails
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
    expires_at: datetime | None = None


class TokenState(StrEnum):
    """Whether machines can still enroll with a token and, if not, why."""

    ACTIVE = "active"
    USED_UP = "used_up"
    EXPIRED = "expired"
    REVOKED = "revoked"


class EnrollmentTokenView(View):
    """An enrollment token, without its text. `uses` is the number of machines that have enrolled with it.

    Lifetimes are in seconds. `project_names` and `secrets`, a number, cover only projects and secrets that
    still exist.
    """

    id: str
    name: str
    description: str | None
    state: TokenState
    project_ids: list[str]
    project_names: list[str]
    secret_ids: list[str]
    secrets: int
    machine_lifetime_seconds: int
    max_uses: int
    uses: int
    hostname_pattern: str | None
    source_cidrs: list[str]
    name_template: str | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    revision: int


@dataclass(frozen=True, slots=True)
class EnrollmentTokenMade:
    """A new enrollment token. Its text is shown once."""

    token: str = field(repr=False)
    view: EnrollmentTokenView


class Way(StrEnum):
    """How a machine was registered, which is also its kind."""

    BOOTSTRAP = "bootstrap"
    PREPROVISIONED = "preprovisioned"
    EPHEMERAL = "ephemeral"
    TEMPORARY = "temporary"


class MachineState(StrEnum):
    """A machine's state: pending until approved, then enabled or disabled, and expired after its lifetime."""

    PENDING = "pending"
    ENABLED = "enabled"
    DISABLED = "disabled"
    EXPIRED = "expired"


class MachineCounts(View):
    """The number of machines in each state."""

    pending: int
    enabled: int
    disabled: int
    expired: int


class ExtensionView(View):
    """One extension of a temporary machine's lifetime, and whether it was reverted."""

    id: str
    extended_at: datetime
    extended_by: str
    reason: str
    from_at: datetime
    to_at: datetime
    reverted_at: datetime | None
    reverted_by: str | None


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
    """A machine. While it is pending, `replaces` is the approved machine with the same hostname, if any.

    `same_name` is then the number of other machines with the same name, ignoring case, and otherwise 0.
    `enrolled_with` is the token that it used. `country` is the country of `registered_from`, if it is known.
    A key file was downloaded at `delivered_at`, or can be downloaded until `bundle_expires_at`.
    """

    id: UUID
    name: str
    state: str
    fingerprint: str
    enrolled_by: Way
    enrolled_with: str | None
    guardrails: Guardrails | None
    delivered_at: datetime | None
    bundle_expires_at: datetime | None
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
    replaces: UUID | None
    replaces_name: str | None
    same_name: int
    former_names: list[str]
    revision: int


class AllowlistEntryView(View):
    """A network in the vault's IP allowlist.

    `only_way_for` is the number of machines seen this week that only this entry allows.
    """

    id: str
    network: str
    note: str | None
    added_at: datetime
    added_by: str
    revision: int
    only_way_for: int


class ShutOut(View):
    """A machine that was last seen at an address outside the IP allowlist.

    `address` is its IPv4 address, or the /64 network of its IPv6 address.
    """

    id: UUID
    name: str
    address: str
    seen_at: datetime


class Allowlist(View):
    """The vault's IP allowlist.

    `shut_out` lists up to 100 machines seen in the last week from addresses outside the list, whether it is
    on or off; `shut_out_count` is their number. `your_address` is the address from which this request came.
    """

    enabled: bool
    entries: list[AllowlistEntryView]
    shut_out: list[ShutOut]
    shut_out_count: int
    your_address: str


class TrustView(View):
    """An OpenID Connect issuer that the vault trusts.

    Without an `audience`, tokens are bound to the machine's key. `has_keys` means that its keys were entered
    rather than found by discovery. `machines` is how many of its machines exist now, and `uses` is how many
    have been created. Lifetimes are in seconds. `project_names` and `secrets`, a number, cover only projects
    and secrets that still exist.
    """

    id: str
    name: str
    description: str | None
    template: str
    issuer: str
    has_keys: bool
    audience: str | None
    conditions: dict[str, str]
    project_ids: list[str]
    project_names: list[str]
    secret_ids: list[str]
    secrets: int
    machine_lifetime_seconds: int
    max_machines: int
    machines: int
    uses: int
    source_cidrs: list[str]
    name_template: str | None
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    revoked_by: str | None
    revision: int


class Check(View):
    """One condition of a trust, whether the token meets it and, if not, why."""

    name: str
    passes: bool
    saying: str


class TokenCheck(View):
    """The result of checking an ID token against a trust. `summary` contains the checks as text."""

    accepted: bool
    checks: list[Check]
    summary: str


class AudienceForm(View):
    """The audience to request. Replace `{fingerprint}` with the public key's fingerprint, in base64url."""

    audience: str
    bound: bool
