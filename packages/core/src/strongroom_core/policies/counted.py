"""Prepares the counts of secrets that have a policy, while no read of them is in progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access.actions.secrets import ROTATION_QUEUE
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Axis, Conflict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.access.gate import Act
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.policies import Conditions

_BEGIN = """
insert into policy_use (vault, secret)
select vault, id from secret where id = any($1::varchar[])
on conflict (secret) do update
set minute = null, in_minute = 0, day = null, in_day = 0, total = 0, co_signed_by = null, co_signed_at = null,
    version = null, in_version = 0, queued_version = null
"""

# The co-signer may have read the secrets before this policy began counting, so its last reads are looked up
# in the audit log.
_CO_SIGNED = """
update policy_use u set co_signed_by = $2::varchar, co_signed_at = (
    select e.at from audit_entry e
    where e.vault = u.vault and e.target_id = u.secret and e.actor_id = $2::varchar
      and e.action = 'secret_read' and e.outcome = 'done'
    order by e.at desc limit 1)
where u.secret = any($1::varchar[])
"""


_KINDS = "select distinct kind from secret where id = any($1::varchar[]) order by kind"

_WITHOUT_ROTATION = """
select name from secret s
where id = any($1::varchar[]) and not exists (select from rotation r where r.secret = s.id)
order by name_folded, id
"""

MOST_NAMED = 20
"""How many secrets an error names."""


async def secrets_of(connection: Connection, policy: str) -> list[str]:
    """Return the IDs of the secrets that have a policy."""
    rows = await connection.fetch("select id from secret where policy = $1 order by id", policy)
    return [row["id"] for row in rows]


async def begin_counting(
    connection: Connection, secrets: Sequence[str], conditions: Conditions
) -> None:
    """Count these secrets' reads from zero. The co-signer's earlier reads still count."""
    await connection.execute(_BEGIN, secrets)
    await note_co_signer(connection, secrets, conditions)


async def note_co_signer(
    connection: Connection, secrets: Sequence[str], conditions: Conditions
) -> None:
    """Look up when the co-signer last read each secret."""
    if conditions.co_sign_machine_id is not None:
        await connection.execute(_CO_SIGNED, secrets, conditions.co_sign_machine_id)


async def require_right_to_rotate(act: Act, secrets: Sequence[str], conditions: Conditions) -> None:
    """Raise `Refused` if the policy rotates these secrets, and the person can't queue a rotation of each."""
    if conditions.has(Axis.ROTATE):
        rows = await act.connection.fetch(_KINDS, secrets)
        act.require_kinds(ROTATION_QUEUE, [SecretKind(row["kind"]) for row in rows])


async def require_rotation(act: Act, secrets: Sequence[str], conditions: Conditions) -> None:
    """Raise `Refused` as above, and `Conflict` if some of the secrets have no rotation settings (P-2)."""
    await require_right_to_rotate(act, secrets, conditions)
    if not conditions.has(Axis.ROTATE):
        return
    rows = await act.connection.fetch(_WITHOUT_ROTATION, secrets)
    if rows:
        names = listed_names([row["name"] for row in rows])
        raise Conflict(
            f"a policy can rotate only secrets with rotation settings; set them first for: {names}"
        )


def listed_names(words: Sequence[str]) -> str:
    """Return the first names, and how many more there are."""
    more = len(words) - MOST_NAMED
    return ", ".join(words[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


async def stop_counting(connection: Connection, secrets: Sequence[str]) -> None:
    """Delete the counts of these secrets."""
    await connection.execute("delete from policy_use where secret = any($1::varchar[])", secrets)
