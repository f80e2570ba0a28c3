"""Read one secret's metadata, list a project's, list the trash."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Invalid, NotFound
from strongroom_core.kernel.ids import ProjectId, SecretId
from strongroom_core.kernel.names import folded
from strongroom_core.limits.plan import TRASH_LIFETIME
from strongroom_core.secrets.views import SecretView, TrashItem

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import Page, PageRequest

_COLUMNS = """
s.id, s.project, s.kind, s.name, s.environment, s.note, s.tags, s.field_names, s.current_version,
s.changed_at, s.changed_by, s.last_read_at, s.last_read_by, s.read_count, s.created_at, s.revision
"""

_LIST = f"""
select {_COLUMNS} from secret s
where s.project = $1 and s.trashed_at is null
  and ($2::text is null or (s.name_folded, s.id) > ($2, $3))
  and ($4::text is null or lower(s.environment) = lower($4))
  and ($5::text is null or s.kind = $5)
  and ($6::text is null or $6 = any(s.tags))
  and ($7::text is null or starts_with(s.name_folded, $7))
order by s.name_folded, s.id limit $8
"""

# A secret of a trashed project comes back with the project, so only the project is listed.
_TRASH = """
select * from (
    select 'secret' as kind, s.id, s.name, p.id as project_id, p.name as project_name,
           s.trashed_at, s.trashed_by
    from secret s join project p on p.vault = s.vault and p.id = s.project
    where s.trashed_at is not null and p.trashed_at is null
    union all
    select 'project', p.id, p.name, p.id, p.name, p.trashed_at, p.trashed_by
    from project p where p.trashed_at is not null and p.purge_ordered_at is null
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
            page.limit + 1,
        )
    return page.page([_view(row) for row in rows], lambda item: (folded(item.name), item.id))


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
        row["created_at"],
        row["revision"],
    )
