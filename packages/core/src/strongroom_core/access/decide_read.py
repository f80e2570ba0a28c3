"""Decides whether a machine can read a secret now. Pure: it uses only facts that one statement has read.

The same functions decide real reads and later explain those decisions.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from strongroom_core.kernel.clock import is_recent, is_to_come
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Frozen,
    LockedOut,
    MachineExpired,
    NonceUsed,
    NotFound,
    Refused,
    SignedTooEarly,
    StrongroomError,
)
from strongroom_wire.errors import Code

KNOWN_FOR = timedelta(days=30)
"""How long a machine that authenticated from a network is exempt from lockouts there (R-2)."""


LOCKED_FOR = timedelta(minutes=30)
"""How long the third failure locks out an address. A lockout with more time left is ignored (R-2)."""


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """The facts about a machine and its request, from the statement that recorded the nonce."""

    name: str
    same_key: bool
    fresh: bool
    approved: bool
    enabled: bool
    expires_at: datetime | None
    owner_active: bool
    locked_until: datetime | None
    known_at: datetime | None
    floor: datetime | None
    """The earliest signing time that is accepted, if this request was signed before it."""


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """The facts about a secret and the machine's access to it."""

    exists: bool
    frozen: bool
    attached: bool
    granted: bool


def decide_machine(  # noqa: PLR0911 -- a list of checks, each with its own answer
    facts: MachineFacts | None, now: datetime
) -> StrongroomError | None:
    """Return None if the machine can act at all, otherwise the error to raise (WIRE, section 1).

    The protocol defines the order: a lockout is reported before anything that only a valid signature should
    reveal, and a used nonce is reported last.
    """
    if facts is None or not facts.same_key:
        return AuthenticationFailed()
    known = facts.known_at is not None and is_recent(facts.known_at, now, KNOWN_FOR)
    locked = facts.locked_until
    if locked is not None and is_to_come(locked, now, LOCKED_FOR) and not known:
        return LockedOut(max(1, int((locked - now).total_seconds()) + 1))
    if not facts.approved:
        return Refused(Code.MACHINE_PENDING, "this machine is pending approval")
    if not facts.enabled:
        return Refused(Code.MACHINE_DISABLED, "this machine is disabled")
    if facts.expires_at is not None and facts.expires_at <= now:
        return MachineExpired()
    if not facts.owner_active:
        return Refused(Code.OWNER_INACTIVE, "the account that owns this vault is not active")
    if facts.floor is not None and facts.floor > now:
        return SignedTooEarly(facts.floor)
    if not facts.fresh:
        return NonceUsed()
    return None


def decide_secret(facts: SecretFacts) -> StrongroomError | None:
    """Return None if the secret can be read, otherwise the error to raise, in the order of R-1."""
    if not facts.exists:
        return NotFound("secret")
    if facts.frozen:
        return Frozen()
    if not facts.attached:
        return Refused(Code.NO_GRANT, "this machine is not attached to the secret's project")
    if not facts.granted:
        return Refused(Code.NO_GRANT, "this secret is not granted to this machine")
    return None
