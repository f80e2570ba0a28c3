"""Lists shares, revokes them and lets them expire (T-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.action import ObjectKind
from strongroom_core.access.actions.shares import (
    SHARE_EXPIRE,
    SHARE_REVOKE,
    SHARE_VIEW,
    SHARES_VIEW,
)
from strongroom_core.access.targets import require_id_of
from strongroom_core.access.visible import is_capable, project_exists, sees_others
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.authority import ProjectCapability
from strongroom_core.kernel.errors import Conflict, NotFound
from strongroom_core.kernel.ids import ShareId, VaultId
from strongroom_core.kernel.names import require_searchable
from strongroom_core.shares.views import ShareCounts, ShareState, ShareView

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Human, System
    from strongroom_core.kernel.ids import ProjectId
    from strongroom_core.kernel.page import CountedPage, PageRequest

# An expired share is shown as expired, whether or not its content has already been deleted.
_IS_OVER = "s.state = 'pending' and s.expires_at <= clock_timestamp()"
_STATE = f"case when {_IS_OVER} then 'expired' else s.state end"

SHARES = Listing(
    columns=f"""
        s.id, s.label, s.kind, {_STATE} as state, p.id as project_id, p.name as project_name,
        s.tries, s.tries_left, s.creator_name as created_by, s.created_by as account,
        s.created_at, s.expires_at,
        case when {_IS_OVER} then s.expires_at else s.ended_at end as ended_at,
        s.ended_from, s.ended_country
    """,
    source="share s left join project p on p.vault = s.vault and p.id = s.project"
    " and p.purge_ordered_at is null",
    id=Key("s.id"),
    sorts={
        "createdAt": (Key("s.created_at", "timestamptz"),),
        "expiresAt": (Key("s.expires_at", "timestamptz"),),
        "state": (Key(_STATE),),
    },
    default="-createdAt",
)

_COUNT = f"select {_STATE} as state, count(*) as shares from {SHARES.source} where {{0}} group by 1"

_REVOKE = """
with revoked as (
    update share set state = 'revoked', ended_at = clock_timestamp()
    where id = $1 and state = 'pending' and expires_at > clock_timestamp() returning id
), gone as (
    delete from share_material m using revoked r where m.share = r.id
)
select id from revoked
"""

_EXPIRE = """
with expired as (
    update share set state = 'expired', ended_at = expires_at
    where id = $1 and state = 'pending' and expires_at <= clock_timestamp()
    returning id, coalesce(label, id) as name, project
), gone as (
    delete from share_material m using expired e where m.share = e.id
)
select * from expired
"""


async def list_shares(
    core: Core,
    caller: Human,
    page: PageRequest,
    *,
    state: ShareState | None = None,
    project: ProjectId | None = None,
    q: str | None = None,
) -> CountedPage[ShareView]:
    """Return the shares that the caller can see, newest first unless `page` has another order.

    `q` is any part of a label or of a creator's name.
    """
    async with gate.perform(core, caller, SHARES_VIEW) as act:
        conditions = _visible(caller)
        if state is not None:
            conditions.add(f"{_STATE} = {{0}}", state.value)
        if project is not None:
            wanted = require_id_of(ObjectKind.PROJECT, project, field="project")
            conditions.add("s.project = {0}", wanted)
        if q:
            typed = require_searchable(q, field="q").lower()
            conditions.add(
                "strpos(lower(coalesce(s.label, s.id) || ' ' || s.creator_name), {0}) > 0", typed
            )
        return await fetch_counted(
            act.connection, SHARES, page, conditions, lambda row: _view(caller, row)
        )


async def count_shares(
    core: Core, caller: Human, *, project: ProjectId | None = None
) -> ShareCounts:
    """Return the number of shares in each state."""
    async with gate.perform(core, caller, SHARES_VIEW) as act:
        conditions = _visible(caller)
        if project is not None:
            wanted = require_id_of(ObjectKind.PROJECT, project, field="project")
            conditions.add("s.project = {0}", wanted)
        rows = await act.connection.fetch(_COUNT.format(conditions.text), *conditions.arguments)
    counted = {row["state"]: row["shares"] for row in rows}
    return ShareCounts.of_row({each.value: counted.get(each, 0) for each in ShareState})


async def read_share(core: Core, caller: Human, share: ShareId) -> ShareView:
    """Return one share. Raises `NotFound`."""
    async with gate.perform(core, caller, SHARE_VIEW, share) as act:
        return await share_in(act.connection, caller, share)


async def revoke_share(core: Core, caller: Human, share: ShareId) -> ShareView:
    """Revoke a pending share, which deletes its content. Raises `Conflict` if it has ended."""
    async with gate.perform(core, caller, SHARE_REVOKE, share) as act:
        if await act.connection.fetchval(_REVOKE, share) is None:
            raise Conflict("this share has already ended; reload to see how")
        return await share_in(act.connection, caller, share)


async def due_shares(core: Core, *, most: int = 100) -> list[tuple[VaultId, ShareId]]:
    """Return expired shares whose content is still there, in any vault."""
    async with core.database.transaction(None) as connection:
        rows = await connection.fetch("select * from due_shares($1)", most)
    return [(VaultId(row["vault"]), ShareId(row["id"])) for row in rows]


async def expire_share(core: Core, caller: System, share: ShareId) -> None:
    """Delete an expired share's content. Raises `NotFound` if it has ended in another way."""
    async with gate.perform(core, caller, SHARE_EXPIRE) as act:
        row = await act.connection.fetchrow(_EXPIRE, share)
        if row is None:
            raise NotFound("share")
        act.concerns(ObjectKind.SHARE, row["id"], row["name"], row["project"])


async def share_in(connection: Connection, caller: Human, share: str) -> ShareView:
    """Return the view of a share, for the act that has just read or changed it."""
    row = await connection.fetchrow(
        f"select {SHARES.columns} from {SHARES.source} where s.id = $1", share
    )
    if row is None:
        raise NotFound("share")
    return _view(caller, row)


def _visible(caller: Human) -> Conditions:
    """Return the condition for the shares that exist for the caller, by the rule in `access/decide`."""
    conditions, access = Conditions(), caller.authority.access
    account = conditions.place(caller.account)
    shared = is_capable(conditions, caller, ProjectCapability.SHARES_CREATE)
    others = str(sees_others(caller)).lower()
    conditions.add_placed(
        f"s.created_by = {account} or case when p.id is null then {others} else {shared} end"
    )
    if access is not None and access.only is not None:
        reached = project_exists(conditions, caller)
        conditions.add_placed(f"p.id is not null and {reached}")
    return conditions


def _view(caller: Human, row: Row) -> ShareView:
    return ShareView.of_row(row, without=["account"], mine=row["account"] == caller.account)
