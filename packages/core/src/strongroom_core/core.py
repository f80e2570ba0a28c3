"""What a process has. Handed to every use case; nothing else is ambient."""

from dataclasses import dataclass

from strongroom_core.crypto.keyring import Keyring
from strongroom_core.crypto.password import PasswordHasher
from strongroom_core.db.engine import Database
from strongroom_core.kernel.clock import Clock
from strongroom_core.kernel.errors import Sealed
from strongroom_core.settings import Settings


@dataclass(slots=True)
class Core:
    """The database, the clock, the settings and, once unsealed, the keys.

    `deployment` names this installation in every ciphertext. `sealed` ends when a root has been
    proved against the database; a process that never gets keys (the dashboard) is unsealed
    without a keyring.
    """

    database: Database
    clock: Clock
    settings: Settings
    passwords: PasswordHasher
    deployment: str
    incarnation: int
    sealed: bool = True
    keyring: Keyring | None = None

    def require_keyring(self) -> Keyring:
        """Return the keys, or raise `Sealed`: nothing is encrypted or opened without them."""
        if self.keyring is None:
            raise Sealed
        return self.keyring
