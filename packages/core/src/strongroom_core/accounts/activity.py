"""A person's own events from the installation's log. No vault's log contains all of them (A-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import ACCOUNT_VIEW
from strongroom_core.accounts.views import AccountEvent
from strongroom_core.kernel.page import Cursor, Page, PageRequest, not_a_cursor

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_SORT = "-at"

_EVENTS = """
select id, at, incarnation, tx::text as tx, action, severity, outcome, reason, target_kind, target_id,
       target_name, actor_kind, actor_name, address, country, detail
from events_of($1, $2, $3, $4::text::xid8, $5, $6)
"""

_NEWEST = (None, None, None)
_LARGEST_TX = 2**64 - 1
_LARGEST_INCARNATION = 2**31 - 1


async def list_account_events(core: Core, caller: Human, page: PageRequest) -> Page[AccountEvent]:
    """Return what happened to the person's account, newest first. Only later pages have cursors."""
    after = _NEWEST if page.cursor is None else _position(page)
    async with gate.perform(core, caller, ACCOUNT_VIEW) as act:
        rows = await act.connection.fetch(
            _EVENTS, caller.account, caller.vault, *after, page.limit + 1
        )
    shown = rows[: page.limit]
    more = len(rows) > len(shown)
    last = shown[-1] if more else None
    return Page(
        items=[
            AccountEvent.of_row(
                row, without=["tx", "incarnation"], detail=msgspec.json.decode(row["detail"])
            )
            for row in shown
        ],
        next_cursor=None
        if last is None
        else Cursor(_SORT, (str(last["incarnation"]), last["tx"], str(last["id"]))).encode(),
        previous_cursor=None,
    )


def _position(page: PageRequest) -> tuple[int, str, UUID]:
    """Return the position in a cursor. Raises `Invalid` for another list's cursor."""
    cursor = page.cursor
    if cursor is None or cursor.sort != _SORT or cursor.backward:
        raise not_a_cursor()
    try:
        incarnation, tx, event = (str(key) for key in cursor.keys)
        position = (int(incarnation), int(tx), UUID(event))
    except ValueError:
        raise not_a_cursor() from None
    if not (0 <= position[0] <= _LARGEST_INCARNATION and 0 <= position[1] <= _LARGEST_TX):
        raise not_a_cursor()
    return position[0], str(position[1]), position[2]
