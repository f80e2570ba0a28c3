"""Prove a root against the database, and only then let the server work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.crypto.keyring import Keyring, SystemPurpose, WrappedKey
from strongroom_core.crypto.root import RootKey, check_root
from strongroom_core.kernel.caller import System
from strongroom_core.kernel.errors import NotInitialised
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.kernel.origin import Origin
from strongroom_core.operate.requests import new_request_id

if TYPE_CHECKING:
    from strongroom_core.core import Core


async def prove_root(core: Core, root: RootKey) -> Keyring:
    """Return the keyring this root opens. Reads only: a wrong root leaves no trace in the database.

    Raises `WrongRoot`, naming the version that is wanted and nothing else.
    """
    async with core.database.transaction(INSTALLATION) as connection:
        wanted = await connection.fetchrow(
            "select version, check_value from root_key where state = 'active'"
        )
        keys = await connection.fetch(
            "select id, purpose, root_version, wrapped from system_key where state = 'active'"
        )
    if wanted is None:
        raise NotInitialised("this database has no root: run `strongroom-server init`")
    check_root(root, core.deployment, wanted["version"], wanted["check_value"])
    keyring = Keyring(core.deployment, {wanted["version"]: root}, wanted["version"])
    for key in keys:
        wrapped = WrappedKey(key["id"], key["root_version"], key["wrapped"])
        keyring.load_system_key(SystemPurpose(key["purpose"]), wrapped)
    return keyring


async def unseal(core: Core, root: RootKey) -> None:
    """Give the server its root. Recorded in the installation's log.

    Raises `WrongRoot`; the server then stays sealed and nothing was written. If the entry cannot
    be written, the server stays sealed as well.
    """
    keyring = await prove_root(core, root)
    opened = replace(core, keyring=keyring, sealed=False)
    caller = System("unseal", INSTALLATION, Origin("local", new_request_id()))
    async with gate.perform(opened, caller, Action.INSTALLATION_UNSEAL):
        pass
    core.keyring, core.sealed = keyring, False
