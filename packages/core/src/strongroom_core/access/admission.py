"""Admits one signed request: records its nonce (replay protection) and checks whether the machine can act.

A batch of reads does the same for many requests in one statement; see `secrets/read_facts.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access.decide_read import MachineFacts, decide_machine
from strongroom_core.kernel.clock import SLACK, is_recent

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Machine

NONCE_LIFETIME = timedelta(minutes=10)
"""Twice the allowed clock skew: a request dated five minutes ahead is valid for ten."""

KNOWN_GRAIN = timedelta(days=1)
"""How old `verified_at` can get. Updating it on every request would make the row a hot spot."""

_SPEND = """
insert into request_nonce (vault, identity, nonce, expires_at)
select m.vault, m.id, $3, $4::timestamptz + $5 from machine m
where m.id = $1 and m.public_key = $2 and $4 > (select nonce_floor())
on conflict do nothing returning true
"""

_FACTS = """
select m.name, m.public_key = $2 as same_key, m.approved_at is not null as approved, m.enabled,
       m.expires_at, owner_is_active(m.vault) as owner_active, locked_until($3) as locked_until,
       k.verified_at as known_at,
       case when $4 <= (select nonce_floor()) then (select nonce_floor()) end as floor
from machine m left join known_pair k on k.machine = m.id and k.network = $3
where m.id = $1
"""

# Skip a machine that is being changed or removed right now. Its next request will record the network. Waiting
# here, while holding a lock that the other transaction waits for, would cause a deadlock.
_KNOW = """
with there as (
    select id from machine where id = any($2::uuid[]) for no key update skip locked
)
insert into known_pair (vault, machine, network, verified_at)
select $1, t.machine, t.network, $4 from unnest($2::uuid[], $3::varchar[]) as t(machine, network)
join there on there.id = t.machine
on conflict (machine, network) do update set verified_at = excluded.verified_at
where known_pair.verified_at < excluded.verified_at
   or known_pair.verified_at > excluded.verified_at + $5::interval
"""


async def spend_nonce(connection: Connection, caller: Machine) -> bool:
    """Insert the request's nonce. Return False if it was used before or the request was signed too early."""
    spent = await connection.fetchval(
        _SPEND, caller.id, caller.public_key, caller.nonce, caller.signed_at, NONCE_LIFETIME
    )
    return bool(spent)


async def name_of_machine(connection: Connection, caller: Machine) -> str | None:
    """Return the machine's current name, for the entry about its denied request; None if it is gone."""
    return await connection.fetchval("select name from machine where id = $1", caller.id)


async def admit_machine(connection: Connection, caller: Machine, now: datetime) -> str:
    """Record the nonce and return the machine's name. Raises the error from `decide_machine`."""
    fresh = await spend_nonce(connection, caller)
    row = await connection.fetchrow(
        _FACTS, caller.id, caller.public_key, caller.origin.network, caller.signed_at
    )
    facts = MachineFacts(fresh=fresh, **row) if row is not None else None
    refusal = decide_machine(facts, now)
    if refusal is not None or facts is None:
        raise refusal or ValueError("no facts and no refusal")
    if is_news(facts, now):
        await know(connection, caller.vault, {(caller.id, caller.origin.network)}, now)
    return facts.name


def is_news(facts: MachineFacts, now: datetime) -> bool:
    """Whether to record or refresh this network as one that the machine authenticates from."""
    return facts.known_at is None or not is_recent(facts.known_at, now, KNOWN_GRAIN)


async def know(
    connection: Connection, vault: str, pairs: Iterable[tuple[UUID, str]], now: datetime
) -> None:
    """Record the networks that machines authenticate from, where they are exempt from lockouts."""
    ordered = sorted(set(pairs))
    await connection.execute(
        _KNOW, vault, [m for m, _ in ordered], [n for _, n in ordered], now, SLACK
    )
