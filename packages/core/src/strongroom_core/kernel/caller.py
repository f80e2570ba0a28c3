"""Callers. A caller is immutable, is created once by an authenticator, and is passed to every use case.

Kinds of callers are different types, so that passing the wrong kind to a use case is a type error. AI agents
will be added with their plane.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from strongroom_core.kernel.authority import Authority
from strongroom_core.kernel.ids import AccountId, KeyId, SessionId, VaultId
from strongroom_core.kernel.origin import Origin


@dataclass(frozen=True, slots=True)
class UsedKey:
    """The person's key that signed a request. `server` is the public URL, where a browser can do the rest."""

    id: KeyId
    name: str
    server: str


@dataclass(frozen=True, slots=True)
class Human:
    """A user, acting in one vault with their current authority there.

    They have either a session or, if a program acts for them, a `key` (D-5). A key's `authenticated_at` is
    when it was approved, which never counts as step-up.
    """

    account: AccountId
    username: str
    session: SessionId | None
    vault: VaultId
    authority: Authority
    authenticated_at: datetime
    expires_at: datetime
    operator: bool
    origin: Origin
    key: UsedKey | None = None


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine whose signature on this request is valid.

    Nothing else is known about it yet. The act's transaction checks that it is approved, enabled and
    unexpired, and that the nonce is new. `public_key` is the key that verified the signature; the act
    compares it with the one in the database.
    """

    id: UUID
    vault: VaultId
    public_key: bytes = field(repr=False)
    nonce: str
    signed_at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class Visitor:
    """An unknown client that calls one of the few operations that need no authentication."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class System:
    """The server itself, for background work. `name` is the job's name."""

    name: str
    vault: VaultId
    origin: Origin


Caller = Human | Machine | Visitor | System
