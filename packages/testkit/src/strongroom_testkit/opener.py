"""Decrypts stored values in tests. The product can't show values to people yet.

The import contract *who may decrypt* lists this module, but no released code imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.crypto.aad import MaterialAddress
from strongroom_core.crypto.decrypt import decrypt_value
from strongroom_core.crypto.encrypt import EncryptedValue
from strongroom_core.crypto.keyring import WrappedKey

if TYPE_CHECKING:
    from strongroom_core.core import Core

_MATERIAL = """
select m.vault, m.project, m.secret, m.id, m.data_key, m.ciphertext,
       k.id as key, k.root_version, k.wrapped
from secret_version v
join secret_material m on m.secret = v.secret and m.id = v.material
join project_key k on k.id = m.project_key
where v.secret = $1 and v.number = coalesce($2, (select current_version from secret where id = $1))
"""


async def open_live_value(core: Core, vault: str, secret: str, number: int | None = None) -> str:
    """Return the value of a secret's current version, or of version `number`."""
    async with core.database.transaction(vault) as connection:  # pyright: ignore[reportArgumentType]
        row = await connection.fetchrow(_MATERIAL, secret, number)
    if row is None:
        raise LookupError("no such secret or version")
    wrapped = WrappedKey(row["key"], row["root_version"], row["wrapped"])
    key = core.require_keyring().unwrap_project_key(wrapped, row["vault"], row["project"])
    address = MaterialAddress(
        core.deployment, row["vault"], row["project"], row["secret"], row["id"]
    )
    encrypted = EncryptedValue(row["data_key"], row["ciphertext"])
    return decrypt_value(key, address, encrypted).reveal().decode()
