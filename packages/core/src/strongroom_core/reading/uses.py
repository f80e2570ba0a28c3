"""Locks and writes the counts of secrets that have a policy.

The rows are locked in a separate statement after the facts have been read. So its snapshot contains what the
previous holder of the lock committed. If that was the deletion of the secret, the row is missing here, and
the read is denied.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING

from strongroom_core.kernel.policies import Use, stored_conditions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.db.connection import Connection
    from strongroom_core.reading.facts import Facts, Request

_COLUMNS = """
minute, in_minute, day, in_day, total, co_signed_by, co_signed_at, version, in_version, queued_version
"""

# In the order of IDs, so that two batches can't deadlock.
_HOLD = f"""
select secret, {_COLUMNS} from policy_use where secret = any($1::varchar[]) order by secret for update
"""

_READ = f"select secret, {_COLUMNS} from policy_use where secret = any($1::varchar[])"

_WRITE = """
update policy_use u
set minute = t.minute, in_minute = t.in_minute, day = t.day, in_day = t.in_day, total = t.total,
    co_signed_by = t.co_signed_by, co_signed_at = t.co_signed_at, version = t.version,
    in_version = t.in_version, queued_version = t.queued_version
from unnest($1::varchar[], $2::timestamptz[], $3::int[], $4::date[], $5::int[], $6::int[], $7::varchar[],
            $8::timestamptz[], $9::int[], $10::int[], $11::int[])
    as t(secret, minute, in_minute, day, in_day, total, co_signed_by, co_signed_at, version, in_version,
         queued_version)
where u.secret = t.secret
"""


async def hold_uses(
    connection: Connection, requests: Sequence[Request], found: Sequence[Facts]
) -> dict[str, Use]:
    """Lock and return the uses of the secrets whose enforced policies count reads. Most batches have none."""
    counting = {
        request.secret
        for request, facts in zip(requests, found, strict=True)
        if (conditions := stored_conditions(facts.conditions)) is not None and conditions.counts
    }
    return await _fetch(connection, _HOLD, sorted(counting)) if counting else {}


async def read_uses(connection: Connection, secrets: Sequence[str]) -> dict[str, Use]:
    """Return the uses of secrets without locking them, for explanations."""
    return await _fetch(connection, _READ, secrets)


async def write_uses(connection: Connection, uses: Mapping[str, Use]) -> None:
    """Store the locked uses."""
    counted = list(uses.values())
    await connection.execute(
        _WRITE,
        list(uses),
        [use.minute for use in counted],
        [use.in_minute for use in counted],
        [use.day for use in counted],
        [use.in_day for use in counted],
        [use.total for use in counted],
        [use.co_signed_by for use in counted],
        [use.co_signed_at for use in counted],
        [use.version for use in counted],
        [use.in_version for use in counted],
        [use.queued_version for use in counted],
    )


async def _fetch(connection: Connection, sql: str, secrets: Sequence[str]) -> dict[str, Use]:
    rows = await connection.fetch(sql, secrets)
    names = [each.name for each in fields(Use)]
    return {row["secret"]: Use(**{name: row[name] for name in names}) for row in rows}
