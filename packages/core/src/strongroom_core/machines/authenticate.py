"""Who signed this? The authenticator of the machine plane (WIRE, section 1).

The checks, of which the first that fails gives the answer:

(1) the four headers have their form;
(2) the address is not locked out;
(3) the time lies within 300 seconds of the database's;
(4) the machine exists, in this plane's table;
(5) the vault's address list, which joins with its issue;
(6) the signature verifies over the canonical bytes;
(7) the machine is approved, enabled and unexpired, its owner active;
(8) the nonce is unused.

(7) and (8), and (2) for machines that are known, are found in the transaction of the act, by
`access/decide_read.py`. Here the order of work differs from the order of answers: (2) is looked up
only for a request that fails, since the act looks it up for those that do not.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NoReturn

from strongroom_core.crypto.signature import STANDIN_KEY, verify_signature
from strongroom_core.kernel.caller import Machine
from strongroom_core.kernel.errors import AuthenticationFailed, LockedOut, NotAuthenticated, Skewed
from strongroom_core.kernel.ids import VaultId
from strongroom_core.machines.failures import locked_until, note_failure

if TYPE_CHECKING:
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.kernel.origin import Origin

SKEW_SECONDS = 300


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request whose headers have their form (1). `message` is what its signature should cover."""

    machine: UUID
    signed_at: int
    nonce: str
    signature: bytes
    message: bytes = field(repr=False)


async def authenticate_machine(core: Core, request: SignedRequest, origin: Origin) -> Machine:
    """Return the machine that signed the request. Its state is checked by the act that follows.

    Raises `LockedOut`, `Skewed`, or `AuthenticationFailed` for an unknown machine and for a wrong
    signature alike, after the same work; the latter two count towards the lockout.
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
            # Failing costs one look-up for every machine, so that time does not tell which exist.
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
    """Count a request without the four headers in their form (1), after the same work as any other.

    Raises `AuthenticationFailed`.
    """
    with suppress(NotAuthenticated):
        verify_signature(STANDIN_KEY, b"", bytes(64))
    await note_failure(core, origin, None, "malformed_headers")
    raise AuthenticationFailed


def forget_machine(core: Core, machine: UUID) -> None:
    """Forget the key remembered for a machine: the database holds another one by now."""
    core.machines.pop(machine, None)


async def _fail(
    core: Core, request: SignedRequest, origin: Origin, known: tuple[VaultId, bytes] | None
) -> None:
    await _refuse_locked(core, origin)  # (2)
    named = (request.machine, known[0]) if known is not None else None
    await note_failure(core, origin, named, "bad_signature" if known else "unknown_machine")
    raise AuthenticationFailed


async def _refuse_locked(core: Core, origin: Origin) -> None:
    until = await locked_until(core, origin)
    if until is not None:
        raise LockedOut(max(1, int((until - core.clock.now()).total_seconds()) + 1))


async def _find(core: Core, machine: UUID) -> tuple[VaultId, bytes] | None:
    """Look a machine's vault and key up, and remember them: every act compares the key anew."""
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
"""Machines whose keys are kept in memory, some hundred bytes each."""
