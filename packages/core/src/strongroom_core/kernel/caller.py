"""Who acts. Built once at the edge by an authenticator, immutable, the first argument of every use case.

Different kinds of principal are different types, so that what is not meant for one does not type-check.
AI agents join them with their plane.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from strongroom_core.kernel.authority import Authority
from strongroom_core.kernel.ids import AccountId, SessionId, VaultId
from strongroom_core.kernel.origin import Origin


@dataclass(frozen=True, slots=True)
class Human:
    """A person with a session, acting in one vault with the authority they hold there now."""

    account: AccountId
    username: str
    session: SessionId
    vault: VaultId
    authority: Authority
    authenticated_at: datetime
    expires_at: datetime
    operator: bool
    origin: Origin


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine whose signature on this one request is good.

    That is all that is known yet: whether it is approved, enabled and unexpired, and whether the
    nonce is fresh, is found in the transaction of the act. `public_key` is the key that verified;
    the act compares it with the one the database holds then.
    """

    id: UUID
    vault: VaultId
    public_key: bytes = field(repr=False)
    nonce: str
    signed_at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody we do not know, at one of the few doors that are open to strangers."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class System:
    """The server itself, for work that nobody is waiting for. `name` is the job's."""

    name: str
    vault: VaultId
    origin: Origin


Caller = Human | Machine | Visitor | System
