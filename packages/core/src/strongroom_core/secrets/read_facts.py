"""The single statement of a batch of reads: it records the nonces and finds all facts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from strongroom_core.access.admission import NONCE_LIFETIME
from strongroom_core.access.decide_read import MachineFacts, SecretFacts
from strongroom_core.crypto.aad import MaterialAddress
from strongroom_core.crypto.encrypt import EncryptedValue
from strongroom_core.crypto.keyring import WrappedKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Machine

# A nonce is inserted only if the key that verified the signature is still the machine's, and only if the
# request was signed after the floor, below which old nonces were dropped. A nonce that another transaction
# has inserted conflicts, and conflicting rows aren't returned. A missing row therefore means that the nonce
# was already used.
_FACTS = """
with request as (
    select * from unnest($1::int[], $2::uuid[], $3::bytea[], $4::varchar[], $5::timestamptz[],
                         $6::varchar[]) as t(request, machine, key, nonce, signed_at, network)
), spent as (
    insert into request_nonce (vault, identity, nonce, expires_at)
    select m.vault, m.id, r.nonce, r.signed_at + $9
    from request r join machine m on m.id = r.machine and m.public_key = r.key
    where r.signed_at > (select nonce_floor())
    on conflict do nothing returning identity, nonce
), source as (
    select network, locked_until(network) as locked_until
    from (select distinct network from request) n
), asked as (
    select * from unnest($7::int[], $8::varchar[]) with ordinality as t(request, secret, item)
)
select r.request, m.name as machine_name, m.public_key = r.key as same_key,
       spent.nonce is not null as fresh, m.approved_at is not null as approved, m.enabled,
       m.expires_at, owner_is_active(m.vault) as owner_active, source.locked_until,
       k.verified_at as known_at,
       case when r.signed_at <= (select nonce_floor()) then (select nonce_floor()) end as floor,
       s.id as secret, s.name, s.kind, s.project, s.current_version,
       p.id is not null as present, p.frozen_at is not null as frozen,
       a.id is not null as attached, g.id is not null as granted, g.fields, g.seen_version,
       mat.id as material, mat.data_key, mat.ciphertext,
       key.id as key_id, key.root_version, key.wrapped
from asked
join request r on r.request = asked.request
join source on source.network = r.network
left join machine m on m.id = r.machine
left join spent on spent.identity = r.machine and spent.nonce = r.nonce
left join known_pair k on k.machine = r.machine and k.network = r.network
left join secret s on s.id = asked.secret and s.trashed_at is null
left join project p on p.id = s.project and p.trashed_at is null
left join attachment a on a.machine = r.machine and a.project = s.project
left join secret_grant g on g.machine = r.machine and g.secret = s.id
left join secret_version v on v.vault = s.vault and v.secret = s.id and v.number = s.current_version
left join secret_material mat
    on mat.vault = v.vault and mat.secret = v.secret and mat.id = v.material
left join project_key key on key.id = mat.project_key
order by asked.item
"""


@dataclass(frozen=True, slots=True)
class Found:
    """One (request, secret) pair with its facts from the database."""

    request: int
    asked: str
    machine: MachineFacts | None
    secret: SecretFacts
    name: str | None
    project: str | None
    kind: str | None
    version: int
    fields: list[str] | None
    seen_version: int | None
    sealed: SealedValue | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealedValue:
    """An encrypted value with its wrapped key."""

    key: WrappedKey
    address: MaterialAddress
    value: EncryptedValue


async def find(
    connection: Connection, deployment: str, requests: Sequence[tuple[Machine, Sequence[str]]]
) -> list[Found]:
    """Record each request's nonce, and return the facts about each secret that it requests."""
    callers = [caller for caller, _ in requests]
    pairs = [(number, secret) for number, (_, secrets) in enumerate(requests) for secret in secrets]
    rows = await connection.fetch(
        _FACTS,
        list(range(len(callers))),
        [caller.id for caller in callers],
        [caller.public_key for caller in callers],
        [caller.nonce for caller in callers],
        [caller.signed_at for caller in callers],
        [caller.origin.network for caller in callers],
        [number for number, _ in pairs],
        [secret for _, secret in pairs],
        NONCE_LIFETIME,
    )
    return [
        _found(row, asked, callers[number].vault, deployment)
        for row, (number, asked) in zip(rows, pairs, strict=True)
    ]


def _found(row: Row, asked: str, vault: str, deployment: str) -> Found:
    return Found(
        request=row["request"],
        asked=asked,
        machine=_machine(row) if row["machine_name"] is not None else None,
        secret=SecretFacts(
            exists=row["present"],
            frozen=row["frozen"],
            attached=row["attached"],
            granted=row["granted"],
        ),
        name=row["name"],
        project=row["project"],
        kind=row["kind"],
        version=row["current_version"] or 0,
        fields=row["fields"],
        seen_version=row["seen_version"],
        sealed=_sealed(row, vault, deployment) if row["key_id"] is not None else None,
    )


def _machine(row: Row) -> MachineFacts:
    return MachineFacts(
        row["machine_name"],
        row["same_key"],
        row["fresh"],
        row["approved"],
        row["enabled"],
        row["expires_at"],
        row["owner_active"],
        row["locked_until"],
        row["known_at"],
        row["floor"],
    )


def _sealed(row: Any, vault: str, deployment: str) -> SealedValue:
    return SealedValue(
        WrappedKey(row["key_id"], row["root_version"], row["wrapped"]),
        MaterialAddress(deployment, vault, row["project"], row["secret"], row["material"]),
        EncryptedValue(row["data_key"], row["ciphertext"]),
    )
