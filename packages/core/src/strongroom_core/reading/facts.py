"""The single query of a batch, which records the nonces and reads all the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from strongroom_core.access.admission import SIGNERS, signer_columns
from strongroom_core.access.machine_checks import MachineFacts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Machine

# As in `SIGNERS`, each lookup uses a unique key and is made separately. Each one includes the vault of the
# machine that signed the request.
_FACTS = f"""{SIGNERS}
select c.machine_name, c.same_key, c.fresh, c.approved, c.enabled, c.expires_at, c.guardrails,
       c.owner_active,
       c.locked_until, c.address_allowed, c.known_at, c.floor,
       s.name, s.kind, s.project, p.name as project_name, coalesce(s.current_version, 0) as version,
       p.id is not null as exists, p.frozen_at is not null as frozen,
       a.id is not null as attached, g.id is not null as granted, g.fields, g.seen_version,
       coalesce(s.armed, false) as armed, coalesce(s.freezes, false) as freezes, other.ids as cascade_ids,
       other.names as cascade_names,
       policy.id as policy, policy.name as policy_name, policy.conditions,
       material.id as material, material.data_key, material.ciphertext,
       key.id as key, key.root_version, key.wrapped
from unnest($10::varchar[]) with ordinality as asked(secret, number)
join signer c on c.number = asked.number
left join lateral (
    select vault, id, name, kind, project, current_version, armed, freezes, cascades, policy from secret x
    where x.vault = c.vault and x.id = asked.secret and x.trashed_at is null offset 0
) s on true
left join lateral (
    select id, name, frozen_at from project x
    where x.vault = s.vault and x.id = s.project and x.trashed_at is null offset 0
) p on true
left join lateral (
    select id from attachment x
    where x.vault = s.vault and x.machine = c.machine and x.project = s.project offset 0
) a on true
left join lateral (
    select id, fields, seen_version from secret_grant x
    where x.vault = s.vault and x.machine = c.machine and x.secret = s.id offset 0
) g on true
left join lateral (
    select array_agg(o.id order by o.id) as ids, array_agg(o.name order by o.id) as names
    from attachment x join project o on o.vault = x.vault and o.id = x.project
    where s.armed and s.cascades and x.vault = s.vault and x.machine = c.machine and x.project <> s.project
      and o.frozen_at is null and o.trashed_at is null offset 0
) other on true
left join lateral (
    select id, name, conditions from policy x
    where s.policy is not null and x.vault = s.vault and x.id = s.policy and x.mode = 'enforced' offset 0
) policy on true
left join lateral (
    select material from secret_version x
    where x.vault = s.vault and x.secret = s.id and x.number = s.current_version offset 0
) v on true
left join lateral (
    select id, project_key, data_key, ciphertext from secret_material x
    where x.vault = s.vault and x.secret = s.id and x.id = v.material offset 0
) material on true
left join lateral (
    select id, root_version, wrapped from project_key x
    where x.vault = s.vault and x.id = material.project_key offset 0
) key on true
order by asked.number
"""


class Request(msgspec.Struct, frozen=True):
    """One secret that a machine requests."""

    caller: Machine
    secret: str
    admitted: bool = False
    """Whether an earlier act has already recorded the nonce, as happens in exports."""


class Facts(MachineFacts, frozen=True, kw_only=True):
    """All facts for one item: the machine, the secret, the machine's access, and the sealed value.

    `armed` and `freezes` describe a canary. If it cascades, `cascade_ids` and `cascade_names` are the
    machine's other projects that aren't frozen.
    """

    name: str | None
    kind: str | None
    project: str | None
    project_name: str | None
    version: int
    exists: bool
    frozen: bool
    attached: bool
    granted: bool
    fields: list[str] | None
    seen_version: int | None
    armed: bool
    freezes: bool
    cascade_ids: list[str] | None
    cascade_names: list[str] | None
    policy: str | None
    policy_name: str | None
    conditions: str | None
    """The conditions of the secret's policy, if it is enforced, as JSON."""
    material: str | None
    data_key: bytes | None
    ciphertext: bytes | None
    key: UUID | None
    root_version: int | None
    wrapped: bytes | None


async def find_facts(connection: Connection, requests: Sequence[Request]) -> list[Facts]:
    """Record each request's nonce, and return the facts about each, in order."""
    rows = await connection.fetch(
        _FACTS,
        *signer_columns([(request.caller, request.admitted) for request in requests]),
        [request.secret for request in requests],
    )
    return [Facts(**row) for row in rows]
