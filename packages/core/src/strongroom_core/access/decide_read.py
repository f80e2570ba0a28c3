"""May this machine read this secret now? Pure, over the facts that one statement found.

The same functions decide real reads and, later, explain them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    Frozen,
    LockedOut,
    MachineExpired,
    NonceUsed,
    NotFound,
    Refused,
    StrongroomError,
)

KNOWN_FOR = timedelta(days=30)
"""How long a machine that proved itself from a network is not locked out there (R-2)."""


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What the database knew of a machine and its request, in the statement that spent the nonce."""

    name: str
    same_key: bool
    fresh: bool
    approved: bool
    enabled: bool
    expires_at: datetime | None
    owner_active: bool
    locked_until: datetime | None
    known_at: datetime | None


@dataclass(frozen=True, slots=True)
class SecretFacts:
    """What the database knew of a secret and the machine's right to it."""

    exists: bool
    frozen: bool
    attached: bool
    granted: bool


def decide_machine(  # noqa: PLR0911 -- a list of checks, each with its own answer
    facts: MachineFacts | None, now: datetime
) -> StrongroomError | None:
    """Return None for a machine that may act at all, else the error to raise (WIRE, section 1).

    The order is the wire's: what an address is locked out for comes before what only a good
    signature earns, and a spent nonce comes last.
    """
    if facts is None or not facts.same_key:
        return AuthenticationFailed()
    known = facts.known_at is not None and now - facts.known_at <= KNOWN_FOR
    if facts.locked_until is not None and facts.locked_until > now and not known:
        return LockedOut(max(1, int((facts.locked_until - now).total_seconds()) + 1))
    if not facts.approved:
        return Refused("machine_pending", "this machine waits for approval by a person")
    if not facts.enabled:
        return Refused("machine_disabled", "this machine was switched off")
    if facts.expires_at is not None and facts.expires_at <= now:
        return MachineExpired()
    if not facts.owner_active:
        return Refused("owner_inactive", "the account that owns this vault is not active")
    if not facts.fresh:
        return NonceUsed()
    return None


def decide_secret(facts: SecretFacts) -> StrongroomError | None:
    """Return None when the secret may be read, else the error to raise, in the order of R-1."""
    if not facts.exists:
        return NotFound("secret")
    if facts.frozen:
        return Frozen()
    if not facts.attached:
        return Refused("no_grant", "this machine is not attached to the secret's project")
    if not facts.granted:
        return Refused("no_grant", "this machine was not granted this secret")
    return None
