"""Admits one signed request: records its nonce (replay protection) and checks whether the machine can act.

A batch of reads does both for many requests, with the same SQL and the same checks; see `reading/facts.py`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from strongroom_core.access.machine_checks import MachineFacts, State, refuse_machine
from strongroom_core.kernel.clock import SLACK, is_recent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Machine
    from strongroom_core.kernel.ids import VaultId

NONCE_LIFETIME = timedelta(minutes=10)
"""Twice the allowed clock skew: a request dated five minutes ahead is valid for ten."""

KNOWN_GRAIN = timedelta(days=1)
"""The maximum age of `verified_at`. Updating it on every request would make the row a hot spot."""

# A nonce is inserted only if the key that verified the signature is still the machine's key, and only if the
# request was signed after the floor, below which old nonces were dropped. A nonce that another transaction
# has inserted conflicts, and conflicting rows aren't returned. A missing row therefore means that the nonce
# was already used. Every lookup uses a unique key and is made separately (`offset 0`): a join that was
# planned for a small vault would read all of a large one.
SIGNERS = """
with request as (
    select * from unnest($1::varchar[], $2::uuid[], $3::bytea[], $4::varchar[], $5::timestamptz[],
                         $6::varchar[], $7::inet[], $8::boolean[])
        with ordinality as t(vault, machine, key, nonce, signed_at, network, address, admitted, number)
), floor as materialized (
    select nonce_floor() as at
), owner as materialized (
    select vault, owner_is_active(vault) as active from (select distinct vault from request) v
), entry as materialized (
    select vault, address, address_is_allowed(vault, address) as allowed
    from (select distinct vault, address from request) e
), source as materialized (
    select network, locked_until(network) as locked_until
    from (select distinct network from request) n
), sender as materialized (
    select r.*, m.name, m.public_key = r.key as same_key, m.approved_at, m.enabled, m.expires_at,
           m.guardrails
    from request r left join lateral (
        select name, public_key, approved_at, enabled, expires_at, guardrails from machine x
        where x.vault = r.vault and x.id = r.machine offset 0
    ) m on true
), spent as (
    insert into request_nonce (vault, identity, nonce, expires_at)
    select s.vault, s.machine, s.nonce, s.signed_at + $9
    from sender s
    where s.same_key and not s.admitted and s.signed_at > (select at from floor)
    on conflict do nothing returning identity, nonce
), signer as materialized (
    select s.number, s.vault, s.machine, s.name as machine_name, s.same_key,
           s.admitted or spent.nonce is not null as fresh, s.approved_at is not null as approved,
           s.enabled, s.expires_at, s.guardrails, owner.active as owner_active, source.locked_until,
           entry.allowed as address_allowed,
           k.verified_at as known_at,
           case when not s.admitted and s.signed_at <= floor.at then floor.at end as floor
    from sender s
    cross join floor
    join owner on owner.vault = s.vault
    join source on source.network = s.network
    join entry on entry.vault = s.vault and entry.address is not distinct from s.address
    left join spent on spent.identity = s.machine and spent.nonce = s.nonce
    left join lateral (
        select verified_at from known_pair x
        where x.vault = s.vault and x.machine = s.machine and x.network = s.network offset 0
    ) k on true
)
"""

_ONE = f"""{SIGNERS}
select machine_name, same_key, fresh, approved, enabled, expires_at, guardrails, owner_active, locked_until,
       address_allowed, known_at, floor
from signer
"""

# Skip a machine that is being changed or removed right now. Its next request will record the network. Waiting
# here, while holding a lock that the other transaction waits for, would cause a deadlock.
_KNOW = """
with there as (
    select id from machine where id = any($2::uuid[]) for no key update skip locked
)
insert into known_pair (vault, machine, network, verified_at)
select t.vault, t.machine, t.network, $4
from unnest($1::varchar[], $2::uuid[], $3::varchar[]) as t(vault, machine, network)
join there on there.id = t.machine
on conflict (machine, network) do update set verified_at = excluded.verified_at
where known_pair.verified_at < excluded.verified_at
   or known_pair.verified_at > excluded.verified_at + $5::interval
"""


def signer_columns(requests: Sequence[tuple[Machine, bool]]) -> list[Any]:
    """Return the first nine parameters of a statement that begins with `SIGNERS`.

    Each request is paired with a flag: whether an earlier statement has already recorded its nonce.
    """
    return [
        [caller.vault for caller, _ in requests],
        [caller.id for caller, _ in requests],
        [caller.public_key for caller, _ in requests],
        [caller.nonce for caller, _ in requests],
        [caller.signed_at for caller, _ in requests],
        [caller.origin.network for caller, _ in requests],
        [caller.origin.ip for caller, _ in requests],
        [admitted for _, admitted in requests],
        NONCE_LIFETIME,
    ]


async def find_signer(connection: Connection, caller: Machine) -> MachineFacts:
    """Record the request's nonce, and return the facts about its machine."""
    row = await connection.fetchrow(_ONE, *signer_columns([(caller, False)]))
    if row is None:
        raise RuntimeError("every request has its row")
    return MachineFacts(**row)


async def admit_machine(core: Core, connection: Connection, caller: Machine) -> str:
    """Record the nonce and return the machine's name. Raises the error from `refuse_machine`."""
    facts = await find_signer(connection, caller)
    now = core.clock.now()
    state = State(now, address=caller.origin.address, country_of=core.countries.country_of)
    refusal = refuse_machine(facts, state)
    if refusal is not None or facts.machine_name is None:
        raise refusal or ValueError("no machine and no refusal")
    if is_news(facts, now):
        await know(connection, [(caller.vault, caller.id, caller.origin.network)], now)
    return facts.machine_name


def is_news(facts: MachineFacts, now: datetime) -> bool:
    """Whether to record or refresh this network as one from which the machine authenticates."""
    return facts.known_at is None or not is_recent(facts.known_at, now, KNOWN_GRAIN)


async def know(
    connection: Connection, pairs: Iterable[tuple[VaultId, UUID, str]], now: datetime
) -> None:
    """Record the networks from which machines authenticate. There, they are exempt from lockouts."""
    ordered = sorted(set(pairs))
    await connection.execute(
        _KNOW,
        [vault for vault, _, _ in ordered],
        [machine for _, machine, _ in ordered],
        [network for _, _, network in ordered],
        now,
        SLACK,
    )
