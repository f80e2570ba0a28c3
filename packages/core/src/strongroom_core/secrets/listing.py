"""Reads one secret's metadata, and lists a project's secrets and the trash."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.actions.secrets import SECRET_VIEW, SECRETS_VIEW, TRASH_VIEW
from strongroom_core.access.visible import kinds_at, project_exists, secret_exists
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.errors import NotFound
from strongroom_core.kernel.names import require_searchable
from strongroom_core.kernel.trash import TRASH_LIFETIME
from strongroom_core.secrets.views import (
    Facet,
    Facets,
    FormerReader,
    LastRead,
    RotationView,
    SecretView,
    ToRename,
    TrashItem,
)
from strongroom_wire.dangerous_names import ORDINARY, PREFIXES, REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strongroom_core.access.targets import Path
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.authority import SecretKind
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.ids import ProjectId, SecretId
    from strongroom_core.kernel.page import CountedPage, PageRequest

UNUSED_AFTER = timedelta(days=90)
"""A secret counts as unused after this long without a read or, if it was never read, after its creation."""

MOST_FACETS = 100
"""How many of the most frequent tags and environments to count."""

_COLUMNS = """
s.id, s.project as project_id, s.kind, s.name, s.environment, s.note, s.tags, s.field_names,
s.current_version as version, s.changed_at, s.changed_by, s.last_read_at, s.last_read_by, s.read_count,
(select count(*) from secret_grant g where g.secret = s.id) as readers, s.policy as policy_id,
case when s.policy is not null then
    (select p.name from policy p where p.vault = s.vault and p.id = s.policy)
end as policy_name, (
    select json_build_object(
        'length', r.length, 'charset', r.charset, 'fields', r.fields, 'setAt', r.set_at, 'setBy', r.set_by,
        'queuedAt', case when r.queued_version = s.current_version then r.queued_at end,
        'queuedBy', case when r.queued_version = s.current_version then r.queued_by end)
    from rotation r where r.vault = s.vault and r.secret = s.id
) as rotation, s.created_at, s.revision
"""

SECRETS = Listing(
    columns=_COLUMNS,
    source="secret s",
    name=(Key("s.name_folded"),),
    id=Key("s.id"),
    sorts={
        "name": (Key("s.name_folded"),),
        "kind": (Key("s.kind"),),
        "changedAt": (Key("s.changed_at", "timestamptz"),),
        "createdAt": (Key("s.created_at", "timestamptz"),),
        "lastReadAt": (Key("s.last_read_at", "timestamptz", nullable=True),),
        "readCount": (Key("s.read_count", "bigint"),),
        "readers": (Key("(select count(*) from secret_grant g where g.secret = s.id)", "bigint"),),
        "version": (Key("s.current_version", "integer"),),
    },
    default="name",
)

_FACETS = """
with live as (
    select * from secret s where s.project = $1 and s.trashed_at is null and s.kind = any($4)
)
select 'kind' as facet, kind as name, count(*) as secrets from live group by kind
union all
(select 'tag', tag, count(*) from live, unnest(tags) tag group by tag order by 3 desc, 2 limit $3)
union all
(select 'environment', min(environment), count(*) from live where environment is not null
 group by lower(environment) order by 3 desc, 2 limit $3)
union all
select 'lastRead', 'never', count(*) from live where last_read_at is null
union all
select 'lastRead', 'unused', count(*) from live where coalesce(last_read_at, created_at) < $2
"""

_DANGEROUS = f"^({'|'.join(REASONS)})$|^({'|'.join(PREFIXES)})"
"""Matches the variables that commands reject, and some of `ORDINARY`."""

_TO_RENAME = """
with live as (
    select id, name, variables from secret
    where project = $1 and trashed_at is null and kind = any($5)
),
seen as (select id, name, unnest(variables) as variable from live),
shared as (select variable from seen group by variable having count(*) > 1)
select id, name, split_part(variable, '/', 2) as variable, 'shared' as reason
from seen join shared using (variable)
union all
select id, name, null, 'path' from live where name ~ '[/#]'
union all
select id, name, split_part(variable, '/', 2), 'dangerous' from seen
where split_part(variable, '/', 2) ~ $3 and split_part(variable, '/', 2) <> all ($4)
order by variable, name, id limit $2
"""

# A trashed project's secrets are restored with it, so only the project is listed.
_TRASHED = """
(
    select 'secret' as kind, s.id, s.name, p.id as project_id, p.name as project_name,
           a.name as application_name, s.trashed_at, s.trashed_by,
           (select count(*) from secret_version v where v.secret = s.id) as holds,
           s.name_folded, s.search_text
    from secret s join project p on p.vault = s.vault and p.id = s.project
    left join application a on a.vault = p.vault and a.id = p.application
    where s.trashed_at is not null and p.trashed_at is null and {secret}
    union all
    select 'project', p.id, p.name, p.id, p.name, a.name, p.trashed_at, p.trashed_by,
           (select count(*) from secret s
            where s.project = p.id and s.trashed_at is null and {secret}),
           p.name_folded, p.search_text
    from project p left join application a on a.vault = p.vault and a.id = p.application
    where p.trashed_at is not null and p.purge_ordered_at is null and {project}
) t
"""

TRASH = Listing(
    columns="t.kind, t.id, t.name, t.project_id, t.project_name, t.application_name, t.trashed_at,"
    " t.trashed_by, t.holds",
    source=_TRASHED,
    name=(Key("t.name_folded"),),
    id=Key("t.id"),
    sorts={
        "trashedAt": (Key("t.trashed_at", "timestamptz"),),
        "name": (Key("t.name_folded"),),
        "kind": (Key("t.kind"),),
        "projectName": (Key("lower(t.project_name)"),),
    },
    default="-trashedAt",
)

_FORMER_READERS = """
select s.id as secret, m.id as machine_id, m.name as machine_name,
       array(select jsonb_array_elements_text(nullif(former->'fields', 'null'))) as field_names
from secret s cross join jsonb_array_elements(s.former_grants) former
join machine m on m.id = (former->>'machine')::uuid
join attachment a on a.machine = m.id and a.project = s.project
where s.id = any($1::varchar[]) order by m.name, m.id
"""


async def read_secret(core: Core, caller: Human, secret: SecretId | Path) -> SecretView:
    """Return one secret's metadata. Raises `NotFound`."""
    async with gate.perform(core, caller, SECRET_VIEW, secret) as act:
        return await secret_in(act.connection, act.target.id)


async def list_secrets(  # noqa: PLR0913 -- one for each filter
    core: Core,
    caller: Human,
    project: ProjectId,
    page: PageRequest,
    *,
    environment: str | None = None,
    kind: SecretKind | None = None,
    tag: str | None = None,
    q: str | None = None,
    last_read: LastRead | None = None,
    variables: Sequence[str] | None = None,
    unbound: bool = False,
) -> CountedPage[SecretView]:
    """Return a project's secrets of the kinds that the caller can see, by name by default.

    `q` is any part of a name, note, tag or environment, or the beginning of an ID. `variables` limits the
    list to secrets that become one of these environment variables, and `unbound` to secrets without a policy.
    """
    async with gate.perform(core, caller, SECRETS_VIEW, project) as act:
        conditions = Conditions()
        conditions.add("s.project = {0} and s.trashed_at is null", project)
        conditions.add("s.kind = any({0})", kinds_at(caller, act.target.place))
        if environment is not None:
            conditions.add("lower(s.environment) = lower({0})", environment)
        if kind is not None:
            conditions.add("s.kind = {0}", kind.value)
        if tag is not None:
            conditions.add("{0} = any(s.tags)", tag)
        if q:
            typed = require_searchable(q, field="q")
            conditions.add("s.id in (select secrets_matching({0}, {1}))", typed, project)
        if last_read is LastRead.NEVER:
            conditions.add("s.last_read_at is null")
        elif last_read is LastRead.UNUSED:
            unused = "coalesce(s.last_read_at, s.created_at) < {0}"
            conditions.add(unused, act.at - UNUSED_AFTER)
        if variables is not None:
            named = [f"{project}/{each}" for each in variables]
            conditions.add("s.variables && {0}", named)
        if unbound:
            conditions.add("s.policy is null")
        return await fetch_counted(act.connection, SECRETS, page, conditions, _view)


async def count_secrets(core: Core, caller: Human, project: ProjectId) -> Facets:
    """Return the values by which a project's list can be filtered, with the number of secrets for each."""
    async with gate.perform(core, caller, SECRETS_VIEW, project) as act:
        kinds_here = kinds_at(caller, act.target.place)
        rows = await act.connection.fetch(
            _FACETS, project, act.at - UNUSED_AFTER, MOST_FACETS, kinds_here
        )
        to_rename = await act.connection.fetch(
            _TO_RENAME, project, MOST_FACETS, _DANGEROUS, sorted(ORDINARY), kinds_here
        )
    by_facet: dict[str, list[Facet]] = {}
    for row in rows:
        counted = Facet(name=row["name"], secrets=row["secrets"])
        by_facet.setdefault(row["facet"], []).append(counted)
    kinds = sorted(by_facet.get("kind", []), key=lambda facet: facet.name)
    return Facets(
        secrets=sum(facet.secrets for facet in kinds),
        kinds=kinds,
        tags=by_facet.get("tag", []),
        environments=by_facet.get("environment", []),
        last_read=by_facet["lastRead"],
        to_rename=[ToRename.of_row(row) for row in to_rename],
    )


async def list_trash(
    core: Core, caller: Human, page: PageRequest, *, q: str | None = None
) -> CountedPage[TrashItem]:
    """Return what the caller can see of the trash, and when each item will be permanently deleted.

    The most recently deleted items come first. `q` is any part of an item's name or of another text that
    describes it.
    """
    conditions = Conditions()
    trash = TRASH.filled(
        secret=secret_exists(conditions, caller), project=project_exists(conditions, caller)
    )
    conditions.add_search("t", q)
    async with gate.perform(core, caller, TRASH_VIEW) as act:
        found = await fetch_counted(act.connection, trash, page, conditions, dict[str, Any])
        former = await former_readers_of(act.connection, [row["id"] for row in found.items])
    items = [
        TrashItem.of_row(
            row,
            purged_at=row["trashed_at"] + TRASH_LIFETIME,
            former_readers=former.get(row["id"], []),
        )
        for row in found.items
    ]
    return found.of(items)


async def former_readers_of(
    connection: Connection, secrets: Sequence[str]
) -> dict[str, list[FormerReader]]:
    """Return the machines that could read secrets before they were deleted, by name.

    Machines that have been detached or revoked since then are left out.
    """
    found: dict[str, list[FormerReader]] = {}
    for row in await connection.fetch(_FORMER_READERS, secrets):
        reader = FormerReader.of_row(row, without=["secret"])
        found.setdefault(row["secret"], []).append(reader)
    return found


async def secret_in(connection: Connection, secret: str) -> SecretView:
    """Return the view of a secret, for the act that has just read or changed it."""
    row = await connection.fetchrow(f"select {_COLUMNS} from secret s where s.id = $1", secret)
    if row is None:
        raise NotFound("secret")
    return _view(row)


def _view(row: Mapping[str, Any]) -> SecretView:
    stored = row["rotation"]
    rotation = None if stored is None else msgspec.json.decode(stored, type=RotationView)
    return SecretView.of_row(row, rotation=rotation)
