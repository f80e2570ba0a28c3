"""What leaves the accounts feature."""

from dataclasses import dataclass, field
from datetime import datetime

from strongroom_core.kernel.ids import VaultId


@dataclass(frozen=True, slots=True)
class SetUp:
    """The operator's account and its personal vault were made."""

    username: str
    vault: VaultId


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session. Both tokens go into cookies and nowhere else."""

    username: str
    vault: VaultId
    expires_at: datetime
    token: str = field(repr=False)
    device_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its owner sees it."""

    username: str
    vault: VaultId
    vault_name: str
    operator: bool
    authenticated_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SteppedUp:
    """A fresh proof of identity; the session goes on under a new token."""

    authenticated_at: datetime
    expires_at: datetime
    token: str = field(repr=False)
