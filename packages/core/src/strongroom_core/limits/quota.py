"""Checks a vault's plan before something is added to the vault (Q-2).

This is the only place that counts. Whatever creates, restores, enrolls or enables something calls
`require_room` first, in the same transaction. A lock per vault and cap makes the count exact, even if several
processes add something at the same time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import CapReached
from strongroom_core.limits.caps import Cap

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.access.gate import Act
    from strongroom_core.db.connection import Connection

# The count must be a separate statement that begins once the lock is held, because otherwise it wouldn't see
# what was committed in the meantime. If there is no limit, there is no row, and so no lock.
_LOCK = """
select l.name, l.{0} as most, pg_advisory_xact_lock(hashtextextended($2 || ':' || $1, 0))
from limits_of($1) l where l.{0} is not null
"""

USED = {
    # A machine counts until it expires, is disabled, or is deleted.
    Cap.MACHINES: "select count(*) from machine where enabled and (expires_at is null or expires_at > $1)",
    Cap.PROJECTS: "select count(*) from project where trashed_at is null and $1::timestamptz is not null",
    # A secret in a trashed project is in the trash too.
    Cap.SECRETS: """
        select count(*) from secret s join project p on p.vault = s.vault and p.id = s.project
        where s.trashed_at is null and p.trashed_at is null and $1::timestamptz is not null
    """,
    # A pending invitation counts until it expires, and a member until the membership ends.
    Cap.MEMBERS: """
        select (select count(*) from member where ends_at is null or ends_at > $1)
             + (select count(*) from invitation where expires_at > $1)
    """,
    Cap.WEBHOOKS: "select count(*) from webhook where $1::timestamptz is not null",
    Cap.DELIVERIES_PER_DAY: """
        select coalesce(sum(deliveries), 0) from alert_state
        where day = ($1::timestamptz at time zone 'utc')::date
    """,
    Cap.SHARES_PER_DAY: "select count(*) from share where created_at > $1::timestamptz - interval '24 hours'",
}
"""How much of each cap is used at the time `$1`, for the caps whose objects can be counted."""


async def require_room(act: Act, cap: Cap, *, more: int = 1) -> None:
    """Raise `CapReached` unless the vault's plan allows `more` of these in addition to those that exist.

    The lock is held until the act ends, so nothing is added in the meantime.
    """
    connection = act.connection
    if more < 1:
        return
    row = await connection.fetchrow(_LOCK.format(cap.value), act.vault, f"limit:{cap.value}")
    if row is None:
        return
    used = await used_of(connection, cap, act.at)
    if used + more > row["most"]:
        raise CapReached(cap.value, cap.noun, used=used, most=row["most"], plan=row["name"])


async def used_of(connection: Connection, cap: Cap, at: datetime) -> int:
    """Return how much of a cap the vault in scope uses."""
    return int(await connection.fetchval(USED[cap], at))
