"""Decrypts a structured secret to change some of its fields. Few other modules can decrypt values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strongroom_core.crypto.aad import MaterialAddress
from strongroom_core.crypto.decrypt import decrypt_value
from strongroom_core.crypto.encrypt import EncryptedValue
from strongroom_core.kernel.errors import IntegrityFailure
from strongroom_core.projects.keys import key_by_id
from strongroom_core.secrets.values import Fields

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core

_CURRENT = """
select m.id, m.project, m.project_key, m.data_key, m.ciphertext
from secret s
join secret_version v on v.vault = s.vault and v.secret = s.id and v.number = s.current_version
join secret_material m on m.vault = v.vault and m.secret = v.secret and m.id = v.material
where s.id = $1
"""


async def merge_fields(
    core: Core,
    act: Act,
    secret: str,
    changed: Mapping[str, str],
    removed: Collection[str] = (),
) -> Fields:
    """Return the current fields, with those in `changed` added or replaced, and those in `removed` left out.

    The result exists only until the next version has been written. Raises `IntegrityFailure` if the current
    value can't be decrypted.
    """
    row = await act.connection.fetchrow(_CURRENT, secret)
    if row is None:
        raise IntegrityFailure
    key = await key_by_id(core, act, row["project"], row["project_key"])
    address = MaterialAddress(core.deployment, act.vault, row["project"], secret, row["id"])
    opened = decrypt_value(key, address, EncryptedValue(row["data_key"], row["ciphertext"]))
    fields = msgspec.json.decode(opened.reveal(), type=Fields)
    return {name: value for name, value in {**fields, **changed}.items() if name not in removed}
