"""The only INSERT into the audit log."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from strongroom_core.access.entry import Entry
from strongroom_core.db.connection import Connection

_COLUMNS = (
    "vault, id, at, incarnation, action, severity, outcome, reason, actor_kind, actor_id,"
    " actor_name, target_kind, target_id, target_name, project, address, country, request_id,"
    " detail, salt, requester_kind, requester_id, requester_name, approver_id, approver_name"
)

_INSERT = f"""
insert into audit_entry ({_COLUMNS})
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
        $21, $22, $23, $24, $25)
"""

_INSERT_MANY = f"""
insert into audit_entry ({_COLUMNS})
select * from unnest(
    $1::varchar[], $2::uuid[], $3::timestamptz[], $4::int[], $5::varchar[], $6::varchar[],
    $7::varchar[], $8::varchar[], $9::varchar[], $10::varchar[], $11::varchar[], $12::varchar[],
    $13::varchar[], $14::varchar[], $15::varchar[], $16::varchar[], $17::varchar[], $18::varchar[],
    $19::jsonb[], $20::bytea[], $21::varchar[], $22::varchar[], $23::varchar[], $24::varchar[],
    $25::varchar[]
)
"""


async def append(connection: Connection, entry: Entry, *, kept: bool | None = None) -> None:
    """Write the entry in the caller's transaction, so that both are committed or neither is.

    Only the gate calls this. If PostgreSQL raises an error, the whole action is rolled back. Unless `kept` is
    None, the entry is written after a savepoint, and rolled back to it if the entry isn't to be kept.
    """
    if kept is None:
        await connection.execute(_INSERT, *_row(entry))
        return
    await connection.execute("savepoint entry")
    await connection.execute(_INSERT, *_row(entry))
    await connection.execute(f"{'release' if kept else 'rollback to'} savepoint entry")


async def append_many(connection: Connection, entries: Sequence[Entry]) -> None:
    """Write a batch's entries in one statement. Otherwise this works like `append`."""
    if entries:
        columns = zip(*map(_row, entries), strict=True)
        await connection.execute(_INSERT_MANY, *map(list, columns))


def _row(entry: Entry) -> tuple[object, ...]:
    return (
        entry.vault,
        entry.id,
        entry.at,
        entry.incarnation,
        entry.action,
        entry.severity.value,
        entry.outcome.value,
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
        entry.requester_kind,
        entry.requester_id,
        entry.requester_name,
        entry.approver_id,
        entry.approver_name,
    )
