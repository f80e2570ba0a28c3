"""What a process has. Handed to every use case; nothing else is ambient."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from strongroom_core.crypto.keyring import Keyring
from strongroom_core.crypto.password import PasswordHasher
from strongroom_core.db.engine import Database
from strongroom_core.kernel.batches import Batches
from strongroom_core.kernel.clock import Clock
from strongroom_core.kernel.errors import Sealed
from strongroom_core.kernel.ids import VaultId
from strongroom_core.settings import Settings


def refuse_reads() -> Batches[Any, Any]:
    """Return reads of which each is refused, for a core without keys."""

    async def refuse(_key: Hashable, _items: list[Any]) -> list[Any]:
        raise Sealed

    return Batches(refuse, at_once=1)


@dataclass(slots=True)
class Core:
    """The database, the clock, the settings and, once unsealed, the keys.

    `deployment` names this installation in every ciphertext. `sealed` ends when a root has been
    proved against the database; a process that never gets keys (the dashboard) is unsealed
    without a keyring. `machines` remembers machines' vaults and public keys, which every act
    compares anew. `reads` gathers machines' reads by vault; `open_core` wires it.
    """

    database: Database
    clock: Clock
    settings: Settings
    passwords: PasswordHasher
    deployment: str
    incarnation: int
    sealed: bool = True
    keyring: Keyring | None = None
    machines: dict[UUID, tuple[VaultId, bytes]] = field(
        default_factory=dict[UUID, tuple[VaultId, bytes]], repr=False
    )
    reads: Batches[Any, Any] = field(default_factory=refuse_reads)

    def require_keyring(self) -> Keyring:
        """Return the keys, or raise `Sealed`: nothing is encrypted or opened without them."""
        if self.keyring is None:
            raise Sealed
        return self.keyring
