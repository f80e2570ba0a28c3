"""Grant a machine secrets of a project, one by one: no wildcard, no inheritance (M-9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.crypto.random import new_id
from strongroom_core.grants.attachments import require_machine
from strongroom_core.grants.views import GrantsSet, GrantView
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.ids import ProjectId, SecretId

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human

MOST = 2000

_GRANTS = """
select s.id, s.name, s.kind, g.fields, g.granted_at, g.granted_by, g.seen_version
from secret_grant g join secret s on s.vault = g.vault and s.id = g.secret
where g.machine = $1 and g.project = $2 order by s.name_folded, s.id
"""

# What stays granted keeps its row, and with it when it was granted and what was last seen.
_SET = """
insert into secret_grant (vault, id, machine, secret, project, fields, granted_at, granted_by)
select $1, t.id, $2, t.secret, $3, string_to_array(t.fields, E'\\x1f'), $4, $5
from unnest($6::varchar[], $7::varchar[], $8::varchar[]) as t(id, secret, fields)
on conflict (vault, machine, secret) do update set fields = excluded.fields
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A secret to be granted; `fields` None grants all of a structured secret's."""

    secret: str
    fields: Sequence[str] | None = None


async def set_grants(
    core: Core, caller: Human, project: ProjectId, *, machine: str, wanted: Sequence[Wanted]
) -> GrantsSet:
    """Replace what a machine attached to the project may read there by exactly `wanted`.

    Ids of secrets that are not live in this project are ignored and returned. Raises `NotFound`
    for a machine that is not attached, `Invalid` for a secret named twice, for fields it has not,
    or more than 2,000 at once.
    """
    if len(wanted) > MOST:
        raise Invalid(f"at most {MOST} secrets at once", field="grants")
    if len({each.secret for each in wanted}) < len(wanted):
        raise Invalid("each secret once", field="grants")
    async with gate.perform(core, caller, Action.GRANTS_SET, project) as act:
        key, name = await _require_attached(act.connection, machine, project)
        rows = await act.connection.fetch(
            "select id, field_names from secret"
            " where project = $1 and trashed_at is null and id = any($2::varchar[]) for share",
            project,
            [each.secret for each in wanted],
        )
        live = {row["id"]: row["field_names"] for row in rows}
        kept = [each for each in wanted if each.secret in live]
        for each in kept:
            _require_fields(each, live[each.secret])
        removed = await act.connection.fetch(
            "delete from secret_grant where machine = $1 and project = $2"
            " and secret <> all($3::varchar[]) returning secret",
            key,
            project,
            [each.secret for each in kept],
        )
        await act.connection.execute(
            _SET,
            act.vault,
            key,
            project,
            act.at,
            act.actor[2],
            [new_id("gra") for _ in kept],
            [each.secret for each in kept],
            [None if each.fields is None else "\x1f".join(each.fields) for each in kept],
        )
        ignored = [each.secret for each in wanted if each.secret not in live]
        act.record(
            machine=machine,
            machine_name=name,
            granted=len(kept),
            removed=len(removed),
            ignored=len(ignored),
        )
        grants = await act.connection.fetch(_GRANTS, key, project)
        return GrantsSet([_view(row) for row in grants], ignored)


async def list_grants(
    core: Core, caller: Human, project: ProjectId, *, machine: str
) -> list[GrantView]:
    """Return what a machine was granted in a project. Raises `NotFound` when it is not attached."""
    async with gate.perform(core, caller, Action.PROJECT_VIEW, project) as act:
        key, _ = await _require_attached(act.connection, machine, project)
        return [_view(row) for row in await act.connection.fetch(_GRANTS, key, project)]


async def _require_attached(
    connection: Connection, machine: str, project: ProjectId
) -> tuple[UUID, str]:
    key, name = await require_machine(connection, machine)
    attached = await connection.fetchval(
        "select true from attachment where machine = $1 and project = $2 for share", key, project
    )
    if not attached:
        raise NotFound("attachment")
    return key, name


def _require_fields(wanted: Wanted, live: Sequence[str]) -> None:
    if wanted.fields is None:
        return
    if not wanted.fields or not set(wanted.fields) <= set(live):
        raise Invalid("fields are some of those the secret has, at least one", field="grants")


def _view(row: Row) -> GrantView:
    return GrantView(
        SecretId(row["id"]),
        row["name"],
        row["kind"],
        row["fields"],
        row["granted_at"],
        row["granted_by"],
        row["seen_version"],
    )
