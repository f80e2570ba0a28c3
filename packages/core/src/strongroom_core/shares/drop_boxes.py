"""Creates, lists and revokes drop boxes; `hand_in` submits a value through one (T-6)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.shares import (
    DROP_BOX_CREATE,
    DROP_BOX_REVOKE,
    DROP_BOXES_VIEW,
)
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.share_link import new_link
from strongroom_core.db.conditions import Conditions
from strongroom_core.db.listing import Key, Listing, fetch_counted
from strongroom_core.kernel.authority import SecretKind
from strongroom_core.kernel.errors import Conflict, Invalid, NotFound
from strongroom_core.kernel.ids import DropBoxId, SecretId, is_id
from strongroom_core.secrets.versions import require_replaceable
from strongroom_core.shares.views import DropBoxView, NewDropBox

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Human
    from strongroom_core.kernel.page import CountedPage, PageRequest

SHORTEST, LONGEST, USUAL = timedelta(minutes=1), timedelta(days=7), timedelta(days=1)

_IS_OVER = "d.state = 'pending' and d.expires_at <= clock_timestamp()"

DROP_BOXES = Listing(
    columns=f"""
        d.id, d.secret as secret_id, case when {_IS_OVER} then 'expired' else d.state end as state,
        d.creator_name as created_by, d.created_at, d.expires_at,
        case when {_IS_OVER} then d.expires_at else d.ended_at end as ended_at, d.ended_from
    """,
    source="drop_box d",
    id=Key("d.id"),
    sorts={"createdAt": (Key("d.created_at", "timestamptz"),)},
    default="-createdAt",
)

_INSERT = """
insert into drop_box (vault, id, secret, link_hash, state, created_by, creator_name, created_at, expires_at)
select $1, $2, $3, $4, 'pending', $5, $6, now, now + $7 from clock_timestamp() now
"""

END_BOX = """
update drop_box set state = $2, ended_at = clock_timestamp(), ended_from = $3
where id = $1 and state = 'pending' and expires_at > clock_timestamp() returning id
"""


async def create_drop_box(
    core: Core,
    caller: Human,
    secret: SecretId,
    *,
    overwrite: bool,
    lifetime: timedelta = USUAL,
) -> NewDropBox:
    """Create a drop box for a secret with a single value. Return its link, which nobody can look up later.

    A secret always has a value, so `overwrite` must allow replacing it. Raises `Invalid`, and `Conflict` for
    a canary.
    """
    if not overwrite:
        raise Invalid(
            "the secret already has a value, which a drop box replaces; set overwrite to true to allow that",
            field="overwrite",
        )
    if not SHORTEST <= lifetime <= LONGEST:
        raise Invalid("a drop box must expire after 1 minute to 7 days", field="lifetimeSeconds")
    link, box = new_link(), new_id("drop")
    async with gate.perform(core, caller, DROP_BOX_CREATE, secret) as act:
        require_replaceable(act)
        if act.target.secret_kind is not SecretKind.SINGLE:
            raise Invalid("a drop box accepts a single value, but this secret has fields")
        await act.connection.execute(
            _INSERT,
            *(act.vault, box, secret, link.whole_hash, caller.account, caller.username, lifetime),
        )
        act.record(drop_box=box, lifetime_seconds=int(lifetime.total_seconds()), overwrite=True)
        view = await _box_in(act.connection, box, secret)
    return NewDropBox(drop_box=view, locator=link.locator, key=link.key)


async def list_drop_boxes(
    core: Core, caller: Human, secret: SecretId, page: PageRequest
) -> CountedPage[DropBoxView]:
    """Return a secret's drop boxes, newest first."""
    async with gate.perform(core, caller, DROP_BOXES_VIEW, secret) as act:
        conditions = Conditions()
        conditions.add("d.secret = {0}", secret)
        return await fetch_counted(act.connection, DROP_BOXES, page, conditions, DropBoxView.of_row)


async def revoke_drop_box(
    core: Core, caller: Human, secret: SecretId, box: DropBoxId
) -> DropBoxView:
    """Revoke a pending drop box. Raises `NotFound`, and `Conflict` if it has ended."""
    async with gate.perform(core, caller, DROP_BOX_REVOKE, secret) as act:
        await _box_in(act.connection, box, secret)
        if await act.connection.fetchval(END_BOX, box, "revoked", None) is None:
            raise Conflict("this drop box has already ended; reload to see how")
        act.record(drop_box=box)
        return await _box_in(act.connection, box, secret)


async def _box_in(connection: Connection, box: str, secret: SecretId) -> DropBoxView:
    row = None
    if is_id(box, "drop"):
        row = await connection.fetchrow(
            f"select {DROP_BOXES.columns} from drop_box d where d.id = $1 and d.secret = $2",
            box,
            secret,
        )
    if row is None:
        raise NotFound("drop box")
    return DropBoxView.of_row(row)
