"""What is needed to open a share: the dump, the root key, the link's two parts and the passphrase (T-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from strongroom_core.crypto.aad import share_context
from strongroom_core.crypto.decrypt import decrypt_share
from strongroom_core.crypto.keyring import Keyring, SystemPurpose, WrappedKey
from strongroom_core.crypto.root import RootKey, new_root
from strongroom_core.crypto.share_link import (
    Link,
    derive_share_keys,
    new_link,
    new_share_passphrase,
)
from strongroom_core.kernel.errors import IntegrityFailure

from .test_shares import share

if TYPE_CHECKING:
    from strongroom_core.db.connection import OpenConnection
    from strongroom_testkit.cluster import Cluster
    from strongroom_testkit.world import World

_DUMP = """
select s.vault, s.id, s.created_by, s.verifier, m.ciphertext, k.id as key, k.root_version, k.wrapped
from share s join share_material m on m.share = s.id
cross join (select * from system_key where purpose = 'share') k where s.id = $1
"""


@dataclass(frozen=True, slots=True)
class Loot:
    """Everything that a thief could have. A part that is missing is guessed."""

    dump: Any
    root: RootKey
    locator: str
    key: str
    passphrase: str


GUESSES = {
    "root": lambda: {"root": new_root()},
    "locator": lambda: {"locator": new_link().locator},
    "key": lambda: {"key": new_link().key},
    "passphrase": lambda: {"passphrase": new_share_passphrase()},
}


async def try_to_open(world: World, loot: Loot) -> tuple[str, bool]:
    """Decrypt a share without the server, and return the value and whether the verifier matches."""
    core, dump = world.core, loot.dump
    keyring = Keyring(core.deployment, {dump["root_version"]: loot.root}, dump["root_version"])
    stored = WrappedKey(dump["key"], dump["root_version"], dump["wrapped"])
    try:
        keyring.load_system_key(SystemPurpose.SHARE, stored)
    except IntegrityFailure:
        # Not the root key that wraps it, so the thief guesses the system key.
        guess = keyring.new_system_key(SystemPurpose.SHARE)
        keyring.load_system_key(SystemPurpose.SHARE, guess)
    link = Link(loot.locator, loot.key)
    keys = await derive_share_keys(keyring, core.passwords, link, loot.passphrase, network=None)
    context = share_context(core.deployment, dump["vault"], dump["id"], dump["created_by"])
    matches = keys.match(dump["verifier"])
    return decrypt_share(keys.encryption, context, dump["ciphertext"]).reveal().decode(), matches


@pytest.mark.parametrize(
    "missing",
    [
        "dump",
        "root",
        "locator",
        "key",
        "passphrase",
        "key passphrase",
        "locator key",
        "root key passphrase",
    ],
)
async def test_with_a_part_missing_it_does_not_open(
    world: World, administrator: OpenConnection, cluster: Cluster, missing: str
) -> None:
    """T-3: a thief with all parts can decrypt a share without the server; if any part is missing, they can't.

    Logs don't help: at the end of a run, no log, row or entry contains a part of a link or a
    passphrase.
    """
    made, value = await share(world)
    dump = await administrator.fetchrow(_DUMP, made.share.id)
    loot = Loot(dump, cluster.root, made.locator, made.key, made.passphrase)
    assert await try_to_open(world, loot) == (value, True)
    if missing == "dump":
        # A dump from before this share: it contains another one, and the key of all shares.
        other, _ = await share(world)
        loot = replace(loot, dump=await administrator.fetchrow(_DUMP, other.share.id))
    else:
        for part in missing.split():
            loot = replace(loot, **GUESSES[part]())

    with pytest.raises(IntegrityFailure):
        await try_to_open(world, loot)
