"""Encrypts a value into a separate row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.crypto.aad import MaterialAddress
from strongroom_core.crypto.encrypt import encrypt_value
from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.ids import MaterialId
from strongroom_core.projects.keys import active_key

if TYPE_CHECKING:
    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core
    from strongroom_core.kernel.plaintext import Plaintext


async def store_value(
    core: Core, act: Act, project: str, secret: str, value: Plaintext
) -> MaterialId:
    """Encrypt `value` for this place and insert it. Returns the material's ID."""
    key = await active_key(core, act, project)
    material = MaterialId(new_id("mat"))
    address = MaterialAddress(core.deployment, act.vault, project, secret, material)
    encrypted = encrypt_value(key, address, value)
    # This doesn't use Piccolo: its RETURNING needs the right to select, which *blind* doesn't have.
    await act.connection.execute(
        "insert into secret_material"
        " (vault, id, project, secret, project_key, data_key, ciphertext, created_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8)",
        act.vault,
        material,
        project,
        secret,
        key.id,
        encrypted.data_key,
        encrypted.ciphertext,
        act.at,
    )
    return material
