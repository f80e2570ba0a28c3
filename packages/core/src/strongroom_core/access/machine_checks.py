"""Checks whether a machine can act at all. Pure: a check uses only the facts and its batch's state.

To add a check, write a function here and put it into `MACHINE_CHECKS` at the position where it should run. To
add a fact, add a column to `_SIGNER` in `access/admission.py` and a field to `MachineFacts`. Reads and all
other signed calls then use both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from strongroom_core.kernel.clock import is_recent, is_to_come
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    GuardrailFailed,
    LockedOut,
    MachineExpired,
    NonceUsed,
    Refused,
    SignedTooEarly,
    StrongroomError,
)
from strongroom_core.kernel.guardrails import Guardrails, failing_guardrail
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from uuid import UUID

    from strongroom_core.kernel.policies import Use

KNOWN_FOR = timedelta(days=30)
"""How long a machine that authenticated from a network is exempt from lockouts there (R-2)."""

LOCKED_FOR = timedelta(minutes=30)
"""How long the third failure locks out an address. A lockout that would last longer is ignored (R-2)."""


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about a machine and its request. Without a machine, `machine_name` is None."""

    machine_name: str | None
    same_key: bool | None
    fresh: bool
    approved: bool
    enabled: bool | None
    expires_at: datetime | None
    owner_active: bool
    locked_until: datetime | None
    address_allowed: bool
    known_at: datetime | None
    guardrails: str | None
    """What a temporary machine's guardrails allow, as JSON."""
    floor: datetime | None
    """The earliest accepted signing time, if this request was signed before that."""


CountryOf = Callable[[str], str | None]
"""Returns the country of an address, or None if it is unknown."""


def unknown_country(_address: str) -> str | None:
    """Return None, as if there were no country file."""
    return None


@dataclass(slots=True)
class State:
    """What a check needs besides an item's facts: the time, and the effects of the batch's earlier items."""

    now: datetime
    repeated: bool = False
    """Whether an earlier item of this batch used the same nonce."""
    address: str = ""
    """The address from which this item's request came."""
    country_of: CountryOf = unknown_country
    machine: str = ""
    """The ID of the machine that sent this item's request."""
    use: Use | None = None
    """The counts of this item's secret, including the batch's earlier items."""
    _nonces: set[tuple[UUID, str]] = field(default_factory=set["tuple[UUID, str]"])

    def use_nonce(self, machine: UUID, nonce: str) -> None:
        """Move on to the next item, whose request has this nonce."""
        used = (machine, nonce)
        self.repeated = used in self._nonces
        self._nonces.add(used)


MachineCheck = Callable[[MachineFacts, State], StrongroomError | None]
"""Returns the error to raise, or None if the check passes."""


def key_is_current(facts: MachineFacts, _state: State) -> StrongroomError | None:
    """The machine exists, and its key is the one that verified the signature."""
    return None if facts.same_key else AuthenticationFailed()


def not_locked_out(facts: MachineFacts, state: State) -> StrongroomError | None:
    """The address isn't locked out, or the machine is known there."""
    locked, now = facts.locked_until, state.now
    if locked is None or not is_to_come(locked, now, LOCKED_FOR):
        return None
    if facts.known_at is not None and is_recent(facts.known_at, now, KNOWN_FOR):
        return None
    return LockedOut(max(1, int((locked - now).total_seconds()) + 1))


def address_allowed(facts: MachineFacts, _state: State) -> StrongroomError | None:
    """The vault's IP allowlist is off, or it contains the address (R-8)."""
    return None if facts.address_allowed else Refused(Code.ADDRESS_DENIED, "Access denied")


def approved(facts: MachineFacts, _state: State) -> StrongroomError | None:
    """A person has approved the machine."""
    if facts.approved:
        return None
    return Refused(Code.MACHINE_PENDING, "this machine is pending approval")


def enabled(facts: MachineFacts, _state: State) -> StrongroomError | None:
    """Nobody has disabled the machine."""
    return None if facts.enabled else Refused(Code.MACHINE_DISABLED, "this machine is disabled")


def unexpired(facts: MachineFacts, state: State) -> StrongroomError | None:
    """The machine hasn't expired."""
    over = facts.expires_at is not None and facts.expires_at <= state.now
    return MachineExpired() if over else None


def owner_active(facts: MachineFacts, _state: State) -> StrongroomError | None:
    """The vault has an active owner."""
    if facts.owner_active:
        return None
    return Refused(Code.OWNER_INACTIVE, "the account that owns this vault isn't active")


def nonce_unused(facts: MachineFacts, state: State) -> StrongroomError | None:
    """No earlier request used the nonce, and the server would still know about it (replay protection)."""
    if facts.floor is not None and facts.floor > state.now:
        return SignedTooEarly(facts.floor)
    return None if facts.fresh and not state.repeated else NonceUsed()


def guardrails_allow(facts: MachineFacts, state: State) -> StrongroomError | None:
    """A temporary machine's address, country and time are within its guardrails."""
    guardrails = Guardrails.of_json(facts.guardrails)
    if guardrails is None:
        return None
    country = state.country_of(state.address)
    failing = failing_guardrail(guardrails, address=state.address, country=country, now=state.now)
    return None if failing is None else GuardrailFailed(failing)


MACHINE_CHECKS: Sequence[MachineCheck] = (
    key_is_current,
    not_locked_out,
    address_allowed,
    approved,
    enabled,
    unexpired,
    owner_active,
    nonce_unused,
    guardrails_allow,
)
"""In the protocol's order (WIRE, section 1).

A lockout is reported before anything that only a valid signature should reveal. Guardrails come last.
"""


def refuse_machine(facts: MachineFacts, state: State) -> StrongroomError | None:
    """Return None if the machine can act at all, otherwise the error to raise."""
    for check in MACHINE_CHECKS:
        refusal = check(facts, state)
        if refusal is not None:
            return refusal
    return None
