"""Read one entry, and find its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.kernel.errors import NotFound
from strongroom_core.record.filter import Conditions
from strongroom_core.record.list import ENTRIES, view_of
from strongroom_core.record.views import EntryInPlace
from strongroom_core.record.visible import narrow_to_visible

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_NEIGHBOUR = """
(select e.id from audit_entry e where {visible} and (e.tx, e.id) {beyond} ({tx}::text::xid8, {id}::uuid)
 order by e.tx {direction}, e.id {direction} limit 1)
"""


async def read_entry(core: Core, caller: Human, entry: str) -> EntryInPlace:
    """Return an entry that the caller may see, with its neighbours. Raises `NotFound`."""
    conditions = Conditions()
    narrow_to_visible(conditions, caller)
    visible, arguments = conditions.text, conditions.arguments
    async with gate.perform(core, caller, Action.AUDIT_VIEW) as act:
        number = conditions.place(_id(entry))
        row = await act.connection.fetchrow(
            f"{ENTRIES} where {visible} and e.id = {number}", *arguments
        )
        if row is None:
            raise NotFound("entry")
        tx = conditions.place(row["tx"])
        previous, following = (
            _NEIGHBOUR.format(visible=visible, beyond=beyond, direction=way, tx=tx, id=number)
            for beyond, way in (("<", "desc"), (">", "asc"))
        )
        neighbours = await act.connection.fetchrow(
            f"select {previous} as previous, {following} as following", *arguments
        )
    found = neighbours or {"previous": None, "following": None}
    return EntryInPlace(view_of(row), found["previous"], found["following"])


def _id(text: str) -> UUID:
    """Return the id. Whatever is none looks like one that is not there."""
    try:
        entry = UUID(text)
    except ValueError:
        raise NotFound("entry") from None
    if str(entry) != text:
        raise NotFound("entry")
    return entry
