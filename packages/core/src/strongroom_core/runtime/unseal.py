"""Checks a root key against the database before the server starts working.

`RootFacts` are known without the root key. Together with a passphrase, they are enough to derive the root
key. By themselves, they are enough to reject a wrong root key.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.installation import INSTALLATION_UNSEAL
from strongroom_core.access.callers import system
from strongroom_core.crypto.keyring import Keyring, SystemPurpose, WrappedKey
from strongroom_core.crypto.root import RootKey, check_root
from strongroom_core.install.initialise import insert_system_key
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row

_SYSTEM_KEYS = "select id, purpose, root_version, wrapped from system_key where state = 'active'"


@dataclass(frozen=True, slots=True)
class RootFacts:
    """The required root key's version and key-check value, and its passphrase parameters (or None)."""

    deployment: str
    version: int
    check_value: bytes = field(repr=False)
    kdf: str | None


async def root_facts(core: Core) -> RootFacts:
    """Read the facts about the active root key. Raises `NotInitialised` if there is none."""
    async with core.database.transaction(INSTALLATION) as connection:
        row = await connection.fetchrow(
            "select version, check_value, kdf from root_key where state = 'active'"
        )
    if row is None:
        raise NotInitialised("this database has no root key; run `strongroom-server init`")
    return RootFacts(core.deployment, row["version"], row["check_value"], row["kdf"])


async def prove_root(core: Core, root: RootKey) -> Keyring:
    """Return the keyring for this root key. Read-only, so a wrong root key leaves no trace in the database.

    Raises `WrongRoot`, which names only the required version.
    """
    facts = await root_facts(core)
    async with core.database.transaction(INSTALLATION) as connection:
        keys = await connection.fetch(_SYSTEM_KEYS)
    check_root(root, core.deployment, facts.version, facts.check_value)
    keyring = Keyring(core.deployment, {facts.version: root}, facts.version)
    _load(keyring, keys)
    return keyring


def _load(keyring: Keyring, keys: Sequence[Row]) -> None:
    for key in keys:
        wrapped = WrappedKey(key["id"], key["root_version"], key["wrapped"])
        keyring.load_system_key(SystemPurpose(key["purpose"]), wrapped)


async def unseal(core: Core, root: RootKey) -> None:
    """Unseal the server, and record that in the installation's audit log.

    Raises `WrongRoot`; the server then stays sealed and nothing is written. If the entry can't be
    written, the server stays sealed too.
    """
    keyring = await prove_root(core, root)
    opened = replace(core, keyring=keyring, sealed=False)
    async with gate.perform(opened, system("unseal"), INSTALLATION_UNSEAL) as act:
        # If a release adds a purpose, existing installations get the key when that release first starts.
        for purpose in keyring.missing:
            await insert_system_key(act, keyring, purpose)
        _load(keyring, await act.connection.fetch(_SYSTEM_KEYS))
    core.keyring, core.sealed = keyring, False
