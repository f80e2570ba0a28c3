"""A project's key: made with the project, found for every value that is encrypted or opened."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.crypto.keyring import ProjectKey, WrappedKey
from strongroom_core.kernel.errors import IntegrityFailure

if TYPE_CHECKING:
    from strongroom_core.access.gate import Act
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection


async def make_key(core: Core, act: Act, project: str) -> None:
    """Give a new project its first key."""
    wrapped = core.require_keyring().new_project_key(act.vault, project)
    await act.connection.execute(
        "insert into project_key"
        " (vault, id, project, number, root_version, wrapped, state, created_at)"
        " values ($1, $2, $3, 1, $4, $5, 'active', $6)",
        act.vault,
        wrapped.id,
        project,
        wrapped.root_version,
        wrapped.blob,
        act.at,
    )


async def active_key(core: Core, act: Act, project: str) -> ProjectKey:
    """Return the key under which the project's new values are encrypted."""
    return await _key(
        core,
        act.connection,
        act.vault,
        project,
        "select id, root_version, wrapped from project_key where project = $1 and state = 'active'",
        project,
    )


async def key_by_id(core: Core, act: Act, project: str, key: UUID) -> ProjectKey:
    """Return the key, active or superseded, that a stored value names."""
    return await _key(
        core,
        act.connection,
        act.vault,
        project,
        "select id, root_version, wrapped from project_key"
        " where project = $1 and id = $2 and state in ('active', 'decrypt_only')",
        project,
        key,
    )


async def _key(
    core: Core,
    connection: Connection,
    vault: str,
    project: str,
    sql: str,
    *arguments: object,
) -> ProjectKey:
    row = await connection.fetchrow(sql, *arguments)
    if row is None:
        raise IntegrityFailure
    wrapped = WrappedKey(row["id"], row["root_version"], row["wrapped"])
    return core.require_keyring().unwrap_project_key(wrapped, vault, project)
