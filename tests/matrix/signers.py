"""Machines in every state in which they can sign a request, and the response that each gets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from nacl.signing import SigningKey

from strongroom_core.crypto.random import random_bytes
from strongroom_core.machines.lifecycle import disable_machine, revoke_machine
from strongroom_testkit.machine import approved_machine, pending_machine
from tests.places import State

if TYPE_CHECKING:
    from strongroom_testkit.machine import TestMachine

    from .matrix_world import MatrixWorld


class Signer(StrEnum):
    """A machine that the matrix signs requests as."""

    UNSIGNED = "a client without any headers"
    FORGED = "another key, with a machine's ID"
    REVOKED = "a revoked machine"
    LOCKED = "a machine with a grant, from an address that is locked out"
    PENDING = "a machine that is pending approval"
    DISABLED = "a disabled machine with a grant"
    EXPIRED = "an expired machine with a grant"
    UNATTACHED = "a machine of the vault that isn't attached to any project"
    UNGRANTED = "a machine of the vault, attached but without grants"
    GRANTED = "a granted machine"
    OTHER = "a machine of another vault, with access to everything there"


UNKNOWN = frozenset({Signer.UNSIGNED, Signer.FORGED, Signer.REVOKED})

STOPPED = {
    **dict.fromkeys(UNKNOWN, (401, "authentication_failed")),
    Signer.LOCKED: (429, "locked_out"),
    Signer.PENDING: (403, "machine_pending"),
    Signer.DISABLED: (403, "machine_disabled"),
    Signer.EXPIRED: (401, "machine_expired"),
}
"""Machines denied because of their state, with status and reason, for every request."""

READERS = frozenset({Signer.GRANTED, Signer.OTHER})
ATTACHED = READERS | {Signer.UNGRANTED}

MINE_IN_ALL_STATES = [(state, True) for state in State] + [(State.LIVE, False)]


@dataclass(frozen=True, slots=True)
class Signers:
    """The machines, and whether each is in the owner's vault."""

    machines: dict[Signer, TestMachine]

    def vault_of(self, signer: Signer, matrix: MatrixWorld) -> str:
        """Return the vault in which a known signer's requests are logged."""
        side = matrix.theirs if signer is Signer.OTHER else matrix.mine
        return side.world.person.vault


async def gather(matrix: MatrixWorld) -> Signers:
    """Create the machines and the places they can and can't reach, and only then disable some."""
    mine, theirs = matrix.mine, matrix.theirs
    names = (Signer.GRANTED, Signer.LOCKED, Signer.DISABLED, Signer.EXPIRED, Signer.REVOKED)
    made = {each: await approved_machine(mine.world, mine.name(each.name)) for each in names}
    mine.readers = list(made.values())
    made[Signer.OTHER] = await approved_machine(theirs.world, theirs.name("other"))
    theirs.readers = [made[Signer.OTHER]]
    made[Signer.UNGRANTED] = await approved_machine(mine.world, mine.name("ungranted"))
    mine.bystanders = [made[Signer.UNGRANTED]]
    made[Signer.UNATTACHED] = await approved_machine(mine.world, mine.name("unattached"))
    made[Signer.PENDING] = await pending_machine(mine.world, mine.name("pending"))
    made[Signer.FORGED] = replace(made[Signer.GRANTED], key=SigningKey(random_bytes(32)))
    for state, is_mine in MINE_IN_ALL_STATES:
        await matrix.place(state, mine=is_mine)
    core, owner = matrix.core, mine.world.owner
    await disable_machine(core, owner, str(made[Signer.DISABLED].id))
    await revoke_machine(core, owner, str(made[Signer.REVOKED].id))
    await matrix.administrator.execute(
        "update machine set expires_at = $2 where id = $1",
        made[Signer.EXPIRED].id,
        core.clock.now() - timedelta(seconds=1),
    )
    return Signers(made)
