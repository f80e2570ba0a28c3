"""The views that the vaults feature returns."""

from dataclasses import dataclass, field
from datetime import datetime

from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.view import View


class OwnVault(View):
    """One of a person's vaults. `current` is the one in which this session acts.

    `role` is a built-in vault role, or the ID of a custom one, whose name is `role_name`.

    A vault with `deleted_at` can be restored for 30 days after that.
    """

    id: VaultId
    name: str
    shape: str
    role: str
    role_name: str | None
    members: int
    current: bool
    deleted_at: datetime | None


class VaultView(View):
    """A vault's settings. `purge_at` is when a deleted vault will be permanently deleted."""

    id: VaultId
    name: str
    shape: str
    created_at: datetime
    second_factor_required: bool
    deleted_at: datetime | None
    purge_at: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class Entered:
    """The vault in which a session now acts; the session continues with a new token."""

    vault: OwnVault
    expires_at: datetime
    token: str = field(repr=False)


class WouldStop(View):
    """How much stops immediately when a vault is deleted."""

    machines: int
    projects: int
    secrets: int
