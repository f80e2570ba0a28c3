"""Leave a note in the current transaction about what must happen once it has committed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from strongroom_core.crypto.random import new_uuid
from strongroom_core.db.connection import Connection
from strongroom_core.kernel.ids import VaultId


class OutboxKind(StrEnum):
    """What the worker knows how to do."""

    ERASE_PROJECT = "erase_project"


async def put(
    connection: Connection,
    vault: VaultId,
    kind: OutboxKind,
    subject: str,
    at: datetime,
) -> None:
    """Ask for `kind` to be done to the object `subject`, at once, after this transaction commits.

    The note holds ids only. It is done at least once, so what it asks for must be idempotent.
    """
    await connection.execute(
        "insert into outbox (vault, id, kind, subject, due_at, created_at)"
        " values ($1, $2, $3, $4, $5, $5)",
        vault,
        new_uuid(at),
        kind.value,
        subject,
        at,
    )
