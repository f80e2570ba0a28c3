"""The only INSERT into the audit log."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from strongroom_core.access.entry import Entry
from strongroom_core.db.connection import Connection

_INSERT = """
insert into audit_entry
    (vault, at, incarnation, actor_kind, id, action, severity, outcome, reason, actor_id, actor_name,
     target_kind, target_id, target_name, project, address, country, request_id, detail, salt,
     requester_kind, requester_id, requester_name, approver_id, approver_name)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
        $21, $22, $23, $24, $25)
"""

_SHARED = 4
"""How many columns, at the start of `_row`, are the same for all entries of a batch."""

_INSERT_MANY = """
insert into audit_entry
    (vault, at, incarnation, actor_kind, id, action, severity, outcome, reason, actor_id, actor_name,
     target_kind, target_id, target_name, project, address, country, request_id, detail, salt)
select $1, $2, $3, $4, *
from unnest(
    $5::uuid[], $6::varchar[], $7::varchar[], $8::varchar[], $9::varchar[], $10::varchar[], $11::varchar[],
    $12::varchar[], $13::varchar[], $14::varchar[], $15::varchar[], $16::varchar[], $17::varchar[],
    $18::varchar[], $19::jsonb[], $20::bytea[]
)
"""


async def append(connection: Connection, entry: Entry, *, kept: bool | None = None) -> None:
    """Write the entry in the caller's transaction, so that both are committed or neither is.

    Only the gate calls this. If PostgreSQL raises an error, the whole action is rolled back. Unless `kept` is
    None, the entry is written after a savepoint, and rolled back to it if the entry isn't to be kept.
    """
    if kept is None:
        await connection.execute(_INSERT, *_row(entry), *_behalf(entry))
        return
    await connection.execute("savepoint entry")
    await connection.execute(_INSERT, *_row(entry), *_behalf(entry))
    await connection.execute(f"{'release' if kept else 'rollback to'} savepoint entry")


async def append_many(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write a batch's entries in one statement. Otherwise this works like `append`.

    All must have the same vault, time, incarnation and kind of actor, which are sent once, and no requester.
    Raises `ValueError` if they don't.
    """
    if not entries:
        return
    rows = list(map(_row, entries))
    shared = rows[0][:_SHARED]
    behalf = any(each.requester_kind is not None for each in entries)
    if behalf or any(row[:_SHARED] != shared for row in rows):
        raise ValueError("these entries can't be written as one batch")
    columns = zip(*(row[_SHARED:] for row in rows), strict=True)
    await connection.execute(_INSERT_MANY, *shared, *map(list, columns))


def _row(entry: Entry) -> tuple[object, ...]:
    return (
        entry.vault,
        entry.at,
        entry.incarnation,
        entry.actor_kind,
        entry.id,
        entry.action,
        entry.severity.value,
        entry.outcome.value,
        entry.reason,
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


def _behalf(entry: Entry) -> tuple[object, ...]:
    return (
        entry.requester_kind,
        entry.requester_id,
        entry.requester_name,
        entry.approver_id,
        entry.approver_name,
    )
