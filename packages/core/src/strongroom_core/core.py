"""The resources of a process, passed to every use case; there are no globals."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from strongroom_core.crypto.issuer_keys import IssuerKeys
from strongroom_core.crypto.keyring import Keyring
from strongroom_core.crypto.password import PasswordHasher
from strongroom_core.db.engine import Database
from strongroom_core.kernel.batches import Batches
from strongroom_core.kernel.clock import Clock
from strongroom_core.kernel.country import Countries
from strongroom_core.kernel.errors import Sealed
from strongroom_core.kernel.ids import VaultId
from strongroom_core.kernel.recent_refusals import RecentRefusals
from strongroom_core.kernel.shares import Shares
from strongroom_core.outbound.sender import Sender
from strongroom_core.settings import Settings

EXPORTS_AT_ONCE = 2
EXPORTS_WAITING = 64
EXPORTS_WAITING_OF_VAULT = 16
LISTS_WAITING = 1024
LISTS_WAITING_OF_MACHINE = 256


def share_exports() -> Shares:
    """Return the queue for exports, which allows one per vault at a time and a few in total."""
    return Shares(
        EXPORTS_AT_ONCE, 1, waiting=EXPORTS_WAITING, waiting_each=EXPORTS_WAITING_OF_VAULT
    )


def share_lists(connections: int) -> Shares:
    """Return the queue for lists and polls: a quarter of the connections, and half of that per machine."""
    most = max(1, connections // 4)
    return Shares(
        most, max(1, most // 2), waiting=LISTS_WAITING, waiting_each=LISTS_WAITING_OF_MACHINE
    )


@dataclass(slots=True)
class Core:
    """The database, the clock, the settings and, once unsealed, the keys.

    `deployment` identifies this installation in every ciphertext. `sealed` is true until a root key has been
    checked against the database; a process that never gets keys (the dashboard) counts as unsealed but has no
    keyring. `machines` caches machines' vaults and public keys, but every act checks them against the
    database. `reads` batches machines' reads by vault. `exports` is the queue for exports, and `lists` is the
    queue for lists and polls. `recent_refusals` caches which networks are locked out or limited. `countries`
    finds the countries of addresses. `sender` sends requests to URLs that users chose. `issuer_keys` caches
    the keys of trusted issuers.
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
    reads: Batches = field(default_factory=lambda: Batches(at_once=1))
    exports: Shares = field(default_factory=share_exports)
    lists: Shares = field(default_factory=lambda: share_lists(4))
    recent_refusals: RecentRefusals = field(default_factory=RecentRefusals)
    countries: Countries = field(default_factory=Countries)
    sender: Sender = field(default_factory=Sender, repr=False)
    issuer_keys: IssuerKeys = field(default_factory=IssuerKeys, repr=False)

    def require_keyring(self) -> Keyring:
        """Return the keys, or raise `Sealed`. Nothing is encrypted or decrypted without them."""
        if self.keyring is None:
            raise Sealed
        return self.keyring


@dataclass(slots=True, kw_only=True)
class ReadingCore(Core):
    """A core whose use cases are read-only and share one transaction; see `access/looking.py`.

    `whole` is the core from which it was made. `afterwards` contains the entries for denials, which are
    written once the transaction has ended.
    """

    whole: Core
    afterwards: list[Callable[[], Awaitable[None]]] = field(
        default_factory=list[Callable[[], Awaitable[None]]]
    )
