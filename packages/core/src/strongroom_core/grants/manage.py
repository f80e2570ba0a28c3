"""Grants machines access to secrets in a project, one secret at a time: no wildcards, no inheritance (M-9).

The first grant also attaches a machine to the project. Attaching is a separate action, with its own
permission and its own event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.machines import GRANTS_CHANGE, GRANTS_SET
from strongroom_core.access.actions.projects import PROJECT_VIEW
from strongroom_core.access.targets import is_id_of
from strongroom_core.access.visible import kinds_at
from strongroom_core.crypto.random import new_id
from strongroom_core.grants.attachments import attach_missing, require_machine
from strongroom_core.grants.changes import (
    change_of_grants,
    given_and_taken,
    grants_among,
    grants_of_machine,
)
from strongroom_core.grants.views import GrantsChanged, GrantsSet, GrantView
from strongroom_core.kernel.authority import ProjectCapability, SecretKind
from strongroom_core.kernel.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from strongroom_core.access.action import Action
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId

MOST = 2000
MOST_CHANGES = 5000
MOST_NAMED = 20
"""How many missing IDs an error lists."""

_GRANTS = """
select s.id as secret_id, s.name as secret_name, s.kind, g.fields, g.granted_at, g.granted_by, g.seen_version
from secret_grant g join secret s on s.vault = g.vault and s.id = g.secret
where g.machine = $1 and g.project = $2 and s.kind = any($3) order by s.name_folded, s.id
"""

# An unchanged grant keeps its row, and with it the time of granting and the version last seen.
_GIVE = """
insert into secret_grant (vault, id, machine, secret, project, fields, granted_at, granted_by)
select $1, t.id, t.machine, t.secret, $2, string_to_array(t.fields, E'\\x1f'), $3, $4
from unnest($5::varchar[], $6::uuid[], $7::varchar[], $8::varchar[]) as t(id, machine, secret, fields)
on conflict (vault, machine, secret) do update set fields = excluded.fields
"""

_TAKE = """
delete from secret_grant g using unnest($1::uuid[], $2::varchar[]) as t(machine, secret)
where g.machine = t.machine and g.secret = t.secret and g.project = $3
"""

# Locked in the order of IDs, so that two changes can't deadlock.
_MACHINES = """
select id, name from machine where id = any($1::uuid[]) and approved_at is not null order by id for share
"""

_SECRETS = """
select id, name, kind, field_names from secret
where project = $1 and trashed_at is null and id = any($2::varchar[]) order by id for share
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secret to grant. If `fields` is None, all fields of a structured secret are granted."""

    secret: str
    fields: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """One machine's access to one secret. If `fields` is None, it is access to the whole secret."""

    machine: str
    secret: str
    fields: Sequence[str] | None = None


async def set_grants(
    core: Core, caller: Human, project: ProjectId, *, machine: str, wanted: Sequence[Wanted]
) -> GrantsSet:
    """Replace a machine's grants in the project. It can then read exactly `wanted`.

    Grants for kinds of secrets whose grants the caller can't manage are kept. Attaches the machine if
    it isn't attached yet. IDs that aren't live secrets in this project are ignored and returned. Raises
    `NotFound` if the machine doesn't exist, or if it isn't attached and none of the IDs is a live secret;
    `Invalid` for a repeated secret, for fields that a secret doesn't have, or for more than 2,000 secrets at
    once.
    """
    if len(wanted) > MOST:
        raise Invalid(f"at most {MOST} secrets at once", field="grants")
    if len({each.secret for each in wanted}) < len(wanted):
        raise Invalid("a secret is repeated", field="grants")
    async with gate.perform(core, caller, GRANTS_SET, project) as act:
        key, name = await require_machine(act.connection, machine)
        live = await _live_secrets(act.connection, project, [each.secret for each in wanted])
        kept = [each for each in wanted if each.secret in live]
        for each in kept:
            _require_fields(each.fields, live[each.secret], field="grants")
        if kept:
            await attach_missing(act, GRANTS_SET, project, {key: name})
        else:
            await _require_attached(act.connection, machine, project)
        before = await grants_of_machine(act.connection, key, project)
        # Grants of kinds that the caller can't manage aren't part of the set that the caller replaces.
        own = kinds_at(caller, act.target.place, ProjectCapability.GRANTS_MANAGE)
        left = {each.secret for each in kept}
        unwanted = [row for row in before if row["secret"] not in left and row["kind"] in own]
        _require_kinds(act, GRANTS_SET, live.values())
        await _take(act, project, [(key, row["secret"]) for row in unwanted])
        await _give(act, project, [(key, each.secret, each.fields) for each in kept])
        ignored = [each.secret for each in wanted if each.secret not in live]
        act.record(
            machine=machine,
            machine_name=name,
            granted=len(kept),
            removed=len(unwanted),
            ignored=len(ignored),
            **given_and_taken(before, await grants_of_machine(act.connection, key, project)),
        )
        grants = await act.connection.fetch(
            _GRANTS, key, project, kinds_at(caller, act.target.place)
        )
        return GrantsSet(grants=[GrantView.of_row(row) for row in grants], ignored=ignored)


async def change_grants(
    core: Core, caller: Human, project: ProjectId, *, give: Sequence[Reach], take: Sequence[Reach]
) -> GrantsChanged:
    """Grant machines access to secrets in the project, and remove access, all or nothing.

    Everything else stays as it is, so simultaneous changes don't undo each other. Granting access that a
    machine already has, or removing access that it doesn't have, changes nothing. Machines that aren't
    attached yet are attached. Raises `NotFound` with the IDs of the machines and secrets that don't exist
    here, and `Invalid` for a repeated pair of machine and secret, for fields that a secret doesn't have, or
    for more than 5,000 changes at once.
    """
    changes = [*give, *take]
    if len(changes) > MOST_CHANGES:
        raise Invalid(f"at most {MOST_CHANGES} changes at once", field="changes")
    if len({(each.machine, each.secret) for each in changes}) < len(changes):
        raise Invalid("the same machine and secret appear twice", field="changes")
    async with gate.perform(core, caller, GRANTS_CHANGE, project) as act:
        machines = await _approved_machines(act.connection, {each.machine for each in changes})
        secrets = await _live_secrets(act.connection, project, [each.secret for each in changes])
        _require_all(changes, machines, secrets)
        _require_kinds(act, GRANTS_CHANGE, secrets.values())
        for each in give:
            _require_fields(each.fields, secrets[each.secret], field="changes")
        keys = {name: row["id"] for name, row in machines.items()}
        attached = await attach_missing(
            act,
            GRANTS_CHANGE,
            project,
            {keys[each.machine]: machines[each.machine]["name"] for each in give},
        )
        among = (project, list(keys.values()), list(secrets))
        before = await grants_among(act.connection, *among)
        await _take(act, project, [(keys[each.machine], each.secret) for each in take])
        await _give(act, project, [(keys[each.machine], each.secret, each.fields) for each in give])
        change = change_of_grants(before, await grants_among(act.connection, *among))
        act.record(**change.detail)
        if change.secret is not None:
            act.concerns(ObjectKind.SECRET, *change.secret, project)
        return GrantsChanged(given=change.given, taken=change.taken, attached=attached)


async def list_grants(
    core: Core, caller: Human, project: ProjectId, *, machine: str
) -> list[GrantView]:
    """Return a machine's grants of those secrets in a project that the caller can see.

    Raises `NotFound` if the machine isn't attached.
    """
    async with gate.perform(core, caller, PROJECT_VIEW, project) as act:
        key, _ = await require_machine(act.connection, machine, hold=False)
        await _require_attached(act.connection, machine, project)
        rows = await act.connection.fetch(_GRANTS, key, project, kinds_at(caller, act.target.place))
    return [GrantView.of_row(row) for row in rows]


async def _require_attached(connection: Connection, machine: str, project: ProjectId) -> None:
    attached = await connection.fetchval(
        "select true from attachment where machine = $1 and project = $2", UUID(machine), project
    )
    if not attached:
        raise NotFound("attachment")


def _require_all(
    changes: Sequence[Reach], machines: Mapping[str, Row], secrets: Mapping[str, Row]
) -> None:
    """Raise `NotFound` with the first IDs that aren't among these machines and secrets."""
    missing = [
        *dict.fromkeys(
            f"machine {each.machine}" for each in changes if each.machine not in machines
        ),
        *dict.fromkeys(f"secret {each.secret}" for each in changes if each.secret not in secrets),
    ]
    if missing:
        more = len(missing) - MOST_NAMED
        listed = ", ".join(missing[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise NotFound(f"nothing was changed: {listed}")


async def _approved_machines(connection: Connection, named: Iterable[str]) -> dict[str, Row]:
    well_formed = [UUID(each) for each in named if is_id_of(ObjectKind.MACHINE, each)]
    rows = await connection.fetch(_MACHINES, well_formed)
    return {str(row["id"]): row for row in rows}


async def _live_secrets(
    connection: Connection, project: ProjectId, named: Sequence[str]
) -> dict[str, Row]:
    return {row["id"]: row for row in await connection.fetch(_SECRETS, project, named)}


async def _give(
    act: gate.Act, project: ProjectId, grants: Sequence[tuple[UUID, str, Sequence[str] | None]]
) -> None:
    await act.connection.execute(
        _GIVE,
        act.vault,
        project,
        act.at,
        act.actor[2],
        [new_id("gra") for _ in grants],
        [machine for machine, _, _ in grants],
        [secret for _, secret, _ in grants],
        [None if fields is None else "\x1f".join(fields) for _, _, fields in grants],
    )


async def _take(act: gate.Act, project: ProjectId, grants: Sequence[tuple[UUID, str]]) -> None:
    machines, secrets = [machine for machine, _ in grants], [secret for _, secret in grants]
    await act.connection.execute(_TAKE, machines, secrets, project)


def _require_kinds(act: gate.Act, action: Action, secrets: Iterable[Row]) -> None:
    act.require_kinds(action, sorted({SecretKind(row["kind"]) for row in secrets}))


def _require_fields(fields: Sequence[str] | None, secret: Row, *, field: str) -> None:
    """Raise `Invalid` unless `fields` is None or names at least one field, and only fields of the secret."""
    if fields is not None and (not fields or not set(fields) <= set(secret["field_names"])):
        raise Invalid(
            "fields must contain at least one field, and only fields of the secret",
            field=field,
        )
