"""Authenticates signed requests (WIRE, section 1).

These are the checks, in order of precedence. The first failure determines the response:

(1) the four headers are well formed;
(2) the IP address isn't locked out;
(3) the time is within 300 seconds of the database's time;
(4) the machine exists;
(5) the vault's IP allowlist contains the address;
(6) the signature verifies over the canonical request;
(7) the machine is approved, enabled and unexpired, and its owner is active;
(8) the nonce is unused (replay protection).

In the act's transaction, `access/machine_checks.py` checks (7) and (8) and, for valid signatures, (2) and
(5). The work is done in a different order: this module looks up (2) and (5) only for requests that fail,
because the act looks them up for all others.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from strongroom_core.access.counters import seconds_until
from strongroom_core.crypto.signature import STANDIN_KEY, verify_signature
from strongroom_core.kernel.caller import Machine
from strongroom_core.kernel.errors import (
    AuthenticationFailed,
    LockedOut,
    NotAuthenticated,
    Refused,
    Skewed,
)
from strongroom_core.kernel.ids import VaultId
from strongroom_core.machines.failures import locked_until, note_failure
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.kernel.origin import Origin

SKEW_SECONDS = 300


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request whose headers are well formed (1). `message` is the canonical request."""

    machine: UUID
    signed_at: int
    nonce: str
    signature: bytes
    message: bytes = field(repr=False)


async def authenticate_machine(core: Core, request: SignedRequest, origin: Origin) -> Machine:
    """Return the machine that signed the request. The act that follows checks the machine's state.

    Raises `LockedOut`, `Skewed`, or the same `AuthenticationFailed` after the same work for an
    unknown machine and for a wrong signature. The latter two count toward the lockout.
    """
    if abs(core.clock.now().timestamp() - request.signed_at) > SKEW_SECONDS:  # (3)
        await _refuse_locked(core, origin)
        raise Skewed(int(core.clock.now().timestamp()))
    remembered = core.machines.get(request.machine)
    known = remembered or await _find(core, request.machine)  # (4)
    key = known[1] if known is not None else STANDIN_KEY
    try:
        verify_signature(key, request.message, request.signature)  # (6)
    except NotAuthenticated:
        if remembered is not None:
            # Every failure costs one lookup, so that timing doesn't reveal which machines exist.
            await _find(core, request.machine)
        await _fail(core, request, origin, known)
    if known is None:
        await _fail(core, request, origin, known)
        raise AuthenticationFailed
    return Machine(
        request.machine,
        known[0],
        known[1],
        request.nonce,
        datetime.fromtimestamp(request.signed_at, UTC),
        origin,
    )


async def refuse_malformed(core: Core, origin: Origin) -> NoReturn:
    """Count a request without well-formed headers (1), after the same work as any other.

    Raises `AuthenticationFailed`.
    """
    with suppress(NotAuthenticated):
        verify_signature(STANDIN_KEY, b"", bytes(64))
    await note_failure(core, origin, None, "malformed_headers")
    raise AuthenticationFailed


def forget_machine(core: Core, machine: UUID) -> None:
    """Forget a machine's cached key, because the database now has a different one."""
    core.machines.pop(machine, None)


async def _fail(
    core: Core, request: SignedRequest, origin: Origin, known: tuple[VaultId, bytes] | None
) -> None:
    await _refuse_locked(core, origin)  # (2)
    named = (request.machine, known[0]) if known is not None else None
    await note_failure(core, origin, named, "bad_signature" if known else "unknown_machine")
    if known is not None:
        await _refuse_outside(core, origin, known[0])  # (5)
    raise AuthenticationFailed


async def _refuse_outside(core: Core, origin: Origin, vault: VaultId) -> None:
    """Raise `Refused` outside the vault's allowlist. With a valid signature, the act checks this instead."""
    async with core.database.transaction(None) as connection:
        allowed = await connection.fetchval("select address_is_allowed($1, $2)", vault, origin.ip)
    if not allowed:
        raise Refused(Code.ADDRESS_DENIED, "Access denied")


async def _refuse_locked(core: Core, origin: Origin) -> None:
    until = await locked_until(core, origin)
    if until is not None:
        raise LockedOut(seconds_until(until, core.clock.now()))


async def _find(core: Core, machine: UUID) -> tuple[VaultId, bytes] | None:
    """Look up and cache a machine's vault and key. Every act checks the key against the database again."""
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow("select * from machine_by_id($1)", machine)
    if row is None:
        return None
    if len(core.machines) >= MOST_REMEMBERED:
        core.machines.clear()
    found = (VaultId(row["vault"]), row["public_key"])
    core.machines[machine] = found
    return found


MOST_REMEMBERED = 100_000
"""The number of machines whose keys are cached in memory, at a few hundred bytes each."""
