"""Reads one entry, and finds its neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions.audit import AUDIT_VIEW
from strongroom_core.access.visible import narrow_to_visible
from strongroom_core.audit.list import PLACE, entries_seen_by, in_order, view_of
from strongroom_core.audit.views import EntryInPlace
from strongroom_core.db.conditions import Conditions
from strongroom_core.kernel.errors import NotFound

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_NEIGHBOUR = """
(select e.id from audit_entry e
 where {visible} and {place} {beyond} ({incarnation}::int, {tx}::text::xid8, {id}::uuid)
 order by {order} limit 1)
"""


async def read_entry(core: Core, caller: Human, entry: str) -> EntryInPlace:
    """Return an entry that the caller can see, with its neighbors. Raises `NotFound`."""
    conditions = Conditions()
    narrow_to_visible(conditions, caller)
    visible, arguments = conditions.text, conditions.arguments
    async with gate.perform(core, caller, AUDIT_VIEW) as act:
        number = conditions.place(_id(entry))
        one = conditions.copy()
        seen, known = entries_seen_by(one, caller), one.arguments
        row = await act.connection.fetchrow(f"{seen} where {visible} and e.id = {number}", *known)
        if row is None:
            raise NotFound("entry")
        incarnation, tx = conditions.place(row["incarnation"]), conditions.place(row["tx"])
        previous, following = (
            _NEIGHBOUR.format(
                visible=visible,
                place=PLACE,
                beyond=beyond,
                order=in_order(way),
                incarnation=incarnation,
                tx=tx,
                id=number,
            )
            for beyond, way in (("<", "desc"), (">", "asc"))
        )
        neighbors = await act.connection.fetchrow(
            f'select {previous} as previous, {following} as "next"', *arguments
        )
    return EntryInPlace.of_row(neighbors or {}, entry=view_of(row))


def _id(text: str) -> UUID:
    """Return the ID. A malformed ID is treated as one that doesn't exist."""
    try:
        entry = UUID(text)
    except ValueError:
        raise NotFound("entry") from None
    if str(entry) != text:
        raise NotFound("entry")
    return entry
