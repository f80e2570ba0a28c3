"""The only INSERT into the record."""

from __future__ import annotations

import msgspec

from strongroom_core.audit.entry import Entry
from strongroom_core.db.connection import Connection

_INSERT = """
insert into audit_entry (
    vault, id, at, incarnation, action, severity, outcome, reason, actor_kind, actor_id, actor_name,
    target_kind, target_id, target_name, project, address, country, request_id, detail, salt
) values (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20
)
"""


async def append(connection: Connection, entry: Entry) -> None:
    """Write the entry in the caller's transaction, so that it stands or falls with the action.

    Only the gate calls this. Raises what PostgreSQL raises: then nothing of the action remains.
    """
    await connection.execute(
        _INSERT,
        entry.vault,
        entry.id,
        entry.at,
        entry.incarnation,
        entry.action,
        entry.severity,
        entry.outcome,
        entry.reason,
        entry.actor_kind,
        entry.actor_id,
        entry.actor_name,
        entry.target_kind,
        entry.target_id,
        entry.target_name,
        entry.project,
        entry.address,
        entry.country,
        entry.request_id,
        msgspec.json.encode(entry.detail, order="sorted").decode(),
        entry.salt,
    )
