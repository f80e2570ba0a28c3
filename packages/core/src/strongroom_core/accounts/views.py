"""The views that the accounts feature returns."""

from dataclasses import dataclass, field
from datetime import datetime

from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.view import View


class SetUp(View):
    """The administrator's account and the personal vault created with it."""

    username: str
    vault_id: VaultId


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session. Both tokens go into cookies and nowhere else."""

    username: str
    vault: VaultId
    expires_at: datetime
    token: str = field(repr=False)
    device_token: str = field(repr=False)


class SessionView(View):
    """Who is signed in, and in which vault they act."""

    username: str
    vault_id: VaultId
    vault_name: str
    operator: bool
    authenticated_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SteppedUp:
    """A confirmed password; the session continues with a new token."""

    authenticated_at: datetime
    expires_at: datetime
    token: str = field(repr=False)
