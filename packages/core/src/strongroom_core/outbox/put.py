"""Adds a note to the outbox, in the current transaction, about work to do after it has committed."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from strongroom_core.crypto.random import new_uuid
from strongroom_core.db.connection import Connection
from strongroom_core.kernel.ids import VaultId


class OutboxKind(StrEnum):
    """The kinds of work the worker can do."""

    ERASE_PROJECT = "erase_project"


async def put(
    connection: Connection,
    vault: VaultId,
    kind: OutboxKind,
    subject: str,
    at: datetime,
) -> None:
    """Request work of a `kind` on the object `subject`, to be done as soon as this transaction has committed.

    The note contains only IDs. The work is done at least once, so it must be idempotent.
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
