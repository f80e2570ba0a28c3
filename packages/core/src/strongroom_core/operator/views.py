"""The views that the administrator gets."""

from datetime import datetime
from enum import StrEnum

from strongroom_core.kernel.ids import AccountId, VaultId
from strongroom_core.kernel.view import View
from strongroom_core.mail.state import MailState
from strongroom_core.operator.background_work import BackgroundWork


class AccountStatus(StrEnum):
    """Whether an account can be used."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class OverseenAccount(View):
    """An account. `last_active_at` is when one of its sessions was last used; None if it has none.

    `recovery_due_at` is when its recovery ends, if one has been started.
    """

    id: AccountId
    username: str
    email: str
    status: AccountStatus
    operator: bool
    created_at: datetime
    last_active_at: datetime | None
    vaults: int
    second_factor: bool
    recovery_due_at: datetime | None


class VaultOfAccount(View):
    """A vault of an account.

    With `last_owner`, its machines stop when the account is suspended or closed, because the vault has no
    other active owner (A-9).
    """

    id: VaultId
    name: str
    role: str
    machines: int
    last_owner: bool


class AccountInDetail(View):
    """An account, its vaults, and how many machines would stop working without it."""

    account: OverseenAccount
    vaults: list[VaultOfAccount]
    machines_stopping: int


class OverseenVault(View):
    """A vault, its owners' usernames, its plan and its counts. Unless `active`, its machines are denied."""

    id: VaultId
    name: str
    shape: str
    created_at: datetime
    deleted_at: datetime | None
    owners: list[str]
    active: bool
    plan: str
    plan_name: str
    most_machines: int | None
    machines: int
    projects: int
    secrets: int
    members: int


class QueueState(View):
    """Work that follows commits: notes that are due, those that failed before, and the oldest."""

    waiting: int
    retrying: int
    oldest_at: datetime | None


class InstallationState(View):
    """The installation's state. `machines_seen` and `reads` cover the last 24 hours."""

    version: str
    vaults: int
    organizations: int
    accounts: int
    suspended: int
    machines: int
    machines_seen: int
    reads: int
    sign_up_closed: bool
    clock_in_doubt: bool
    queue: QueueState
    work: BackgroundWork
    mail: MailState
