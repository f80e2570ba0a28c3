"""A project's key (KEK). It is created with the project, and looked up to encrypt or decrypt each value."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.crypto.keyring import ProjectKey, WrappedKey
from strongroom_core.kernel.errors import IntegrityFailure
from strongroom_core.schema.projects import ProjectKey as StoredKey

if TYPE_CHECKING:
    from piccolo.custom_types import Combinable

    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core


async def make_key(core: Core, act: Act, project: str) -> None:
    """Create a new project's first key."""
    wrapped = core.require_keyring().new_project_key(act.vault, project)
    stored = StoredKey(
        vault=act.vault,
        id=wrapped.id,
        project=project,
        number=1,
        root_version=wrapped.root_version,
        wrapped=wrapped.blob,
        state="active",
        created_at=act.at,
    )
    await act.run(StoredKey.insert(stored))


async def active_key(core: Core, act: Act, project: str) -> ProjectKey:
    """Return the key for encrypting the project's new values."""
    return await _key(core, act, project, StoredKey.state == "active")


async def key_by_id(core: Core, act: Act, project: str, key: UUID) -> ProjectKey:
    """Return a stored value's key, whether that key is active or has been superseded."""
    usable = (StoredKey.state == "active") | (StoredKey.state == "decrypt_only")
    return await _key(core, act, project, StoredKey.id == key, usable)


async def _key(core: Core, act: Act, project: str, *which: Combinable) -> ProjectKey:
    wanted = StoredKey.select(StoredKey.id, StoredKey.root_version, StoredKey.wrapped)
    rows = await act.run(wanted.where(StoredKey.project == project, *which))
    if not rows:
        raise IntegrityFailure
    wrapped = WrappedKey(rows[0]["id"], rows[0]["root_version"], rows[0]["wrapped"])
    return core.require_keyring().unwrap_project_key(wrapped, act.vault, project)
