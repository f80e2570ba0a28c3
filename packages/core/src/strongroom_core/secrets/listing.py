"""Read one secret's metadata, list a project's, list the trash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.names import folded
from strongroom_core.limits.plan import TRASH_LIFETIME
from strongroom_core.secrets.views import Facet, Facets, LastRead, SecretView, TrashItem

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest

UNUSED_AFTER = timedelta(days=90)
"""After this long without a read a secret is called unused; one that was never read, by its age."""

MOST_FACETS = 100
"""Tags and environments that are counted: the most frequent ones."""

_COLUMNS = """
s.id, s.project, s.kind, s.name, s.environment, s.note, s.tags, s.field_names, s.current_version,
s.changed_at, s.changed_by, s.last_read_at, s.last_read_by, s.read_count,
(select count(*) from secret_grant g where g.secret = s.id) as readers, s.created_at, s.revision
"""

_LIST = f"""
select {_COLUMNS} from secret s
where s.project = $1 and s.trashed_at is null
  and ($2::text is null or (s.name_folded, s.id) > ($2, $3))
  and ($4::text is null or lower(s.environment) = lower($4))
  and ($5::text is null or s.kind = $5)
  and ($6::text is null or $6 = any(s.tags))
  and ($7::text is null or starts_with(s.name_folded, $7))
  and ($8::text is null or case $8 when 'never' then s.last_read_at is null
       else coalesce(s.last_read_at, s.created_at) < $9 end)
order by s.name_folded, s.id limit $10
"""

_FACETS = """
with live as (select * from secret s where s.project = $1 and s.trashed_at is null)
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

# A secret of a trashed project comes back with the project, so only the project is listed.
_TRASH = """
select * from (
    select 'secret' as kind, s.id, s.name, p.id as project_id, p.name as project_name,
           a.name as application_name, s.trashed_at, s.trashed_by,
           (select count(*) from secret_version v where v.secret = s.id) as holds
    from secret s join project p on p.vault = s.vault and p.id = s.project
    left join application a on a.vault = p.vault and a.id = p.application
    where s.trashed_at is not null and p.trashed_at is null
    union all
    select 'project', p.id, p.name, p.id, p.name, a.name, p.trashed_at, p.trashed_by,
           (select count(*) from secret s where s.project = p.id and s.trashed_at is null)
    from project p left join application a on a.vault = p.vault and a.id = p.application
    where p.trashed_at is not null and p.purge_ordered_at is null
) t
where $1::timestamptz is null or (t.trashed_at, t.id) < ($1, $2)
order by t.trashed_at desc, t.id desc limit $3
"""


async def read_secret(core: Core, caller: Human, secret: SecretId) -> SecretView:
    """Return one secret's metadata. Raises `NotFound`."""
    async with gate.perform(core, caller, Action.SECRET_VIEW, secret) as act:
        return await secret_in(act.connection, secret)


async def list_secrets(
    core: Core,
    caller: Human,
    project: ProjectId,
    page: PageRequest,
    *,
    environment: str | None = None,
    kind: SecretKind | None = None,
    tag: str | None = None,
    prefix: str | None = None,
    last_read: LastRead | None = None,
) -> Page[SecretView]:
    """Return a project's live secrets by name. `prefix` is of the name, whatever its case."""
    name, after = page.after or (None, None)
    async with gate.perform(core, caller, Action.SECRETS_VIEW, project) as act:
        rows = await act.connection.fetch(
            _LIST,
            project,
            name,
            after,
            environment,
            kind.value if kind is not None else None,
            tag,
            folded(prefix) if prefix else None,
            last_read.value if last_read is not None else None,
            act.at - UNUSED_AFTER,
            page.limit + 1,
        )
    return page.page([_view(row) for row in rows], lambda item: (folded(item.name), item.id))


async def count_secrets(core: Core, caller: Human, project: ProjectId) -> Facets:
    """Return by what a project's list can be narrowed, each with its number of secrets."""
    async with gate.perform(core, caller, Action.SECRETS_VIEW, project) as act:
        rows = await act.connection.fetch(_FACETS, project, act.at - UNUSED_AFTER, MOST_FACETS)
    by_facet: dict[str, list[Facet]] = {}
    for row in rows:
        by_facet.setdefault(row["facet"], []).append(Facet(row["name"], row["secrets"]))
    kinds = sorted(by_facet.get("kind", []), key=lambda facet: facet.name)
    return Facets(
        sum(facet.secrets for facet in kinds),
        kinds,
        by_facet.get("tag", []),
        by_facet.get("environment", []),
        by_facet["lastRead"],
    )


async def list_trash(core: Core, caller: Human, page: PageRequest) -> Page[TrashItem]:
    """Return what is in the trash, last deleted first, and when each will be purged."""
    at, after = (None, None) if page.after is None else (_moment(page.after[0]), page.after[1])
    async with gate.perform(core, caller, Action.TRASH_VIEW) as act:
        rows = await act.connection.fetch(_TRASH, at, after, page.limit + 1)
    items = [TrashItem(**row, purged_at=row["trashed_at"] + TRASH_LIFETIME) for row in rows]
    return page.page(items, lambda item: (item.trashed_at.isoformat(), item.id))


async def secret_in(connection: Connection, secret: str) -> SecretView:
    """Return the view of a secret, for the act that has just read or changed it."""
    row = await connection.fetchrow(f"select {_COLUMNS} from secret s where s.id = $1", secret)
    if row is None:
        raise NotFound("secret")
    return _view(row)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("cursor is not one this list handed out", field="cursor") from None


def _view(row: Row) -> SecretView:
    return SecretView(
        SecretId(row["id"]),
        ProjectId(row["project"]),
        SecretKind(row["kind"]),
        row["name"],
        row["environment"],
        row["note"],
        row["tags"],
        row["field_names"],
        row["current_version"],
        row["changed_at"],
        row["changed_by"],
        row["last_read_at"],
        row["last_read_by"],
        row["read_count"],
        row["readers"],
        row["created_at"],
        row["revision"],
    )
