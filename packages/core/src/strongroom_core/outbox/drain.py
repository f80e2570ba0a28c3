"""The worker's view of the outbox. It only does the bookkeeping; the work itself belongs to the features."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.kernel.ids import VaultId
from strongroom_core.outbox.put import OutboxKind

if TYPE_CHECKING:
    from uuid import UUID

    from strongroom_core.core import Core

LONGEST_WAIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Note:
    """One due piece of work."""

    vault: VaultId
    id: UUID
    kind: OutboxKind
    subject: str


async def due_notes(core: Core, *, most: int = 100) -> list[Note]:
    """Return due notes of all vaults, oldest first."""
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select * from due_outbox($1, $2)", core.clock.now(), most)
    return [
        Note(VaultId(row["vault"]), row["id"], OutboxKind(row["kind"]), row["subject"])
        for row in rows
    ]


async def settle(core: Core, note: Note) -> None:
    """Delete a note whose work is done."""
    async with core.database.transaction(note.vault) as connection:
        await connection.execute("delete from outbox where id = $1", note.id)


async def postpone(core: Core, note: Note) -> None:
    """Retry a note later, with exponential backoff up to an hour."""
    async with core.database.transaction(note.vault) as connection:
        await connection.execute(
            "update outbox set attempts = attempts + 1,"
            " due_at = $2::timestamptz + least(interval '1 second' * power(2, least(attempts, 20)), $3)"
            " where id = $1",
            note.id,
            core.clock.now(),
            LONGEST_WAIT,
        )
