"""Submits a value through a drop box: once, by anyone who has its link (T-6).

The dashboard lists drop boxes, but must not import code that writes values. That is why this is a separate
module.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.shares import DROP_BOX_USE
from strongroom_core.access.roles import authority_of
from strongroom_core.crypto.share_link import parse_link
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import Gone, NotFound, Refused
from strongroom_core.kernel.ids import AccountId, SessionId, VaultId
from strongroom_core.secrets.replace import write_value
from strongroom_core.secrets.values import single_value
from strongroom_core.secrets.versions import VersionOrigin
from strongroom_core.shares.drop_boxes import END_BOX, LONGEST

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Row
    from strongroom_core.kernel.caller import Visitor


_BY_HASH = "select * from drop_box_by_hash($1, $2)"


async def use_drop_box(core: Core, caller: Visitor, *, locator: str, key: str, value: str) -> None:
    """Submit a value. One transaction, on behalf of the creator, adds the next version and ends the drop box.

    The creator's current permissions apply. Raises `Gone` if the drop box can't be used, for any reason,
    and `Invalid` for an incomplete link or a value that no secret can have. The link still works after
    `Invalid`.
    """
    given, link = single_value(value, None), parse_link(locator, key)
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(_BY_HASH, link.whole_hash, core.clock.now())
    if row is None:
        raise Gone
    try:
        maker = _maker(row, caller)
    except ValueError:  # their role doesn't exist
        raise Gone from None
    try:
        async with gate.perform(core, maker, DROP_BOX_USE, row["secret"]) as act:
            ended = await act.connection.fetchval(END_BOX, row["id"], "used", caller.origin.address)
            if ended is None:
                raise Gone
            act.record(drop_box=row["id"])
            await write_value(core, act, VersionOrigin.DROP_BOX, given, [])
    except (NotFound, Refused):
        # The creator can no longer replace the secret, or it is in the trash. The gate has logged the reason.
        raise Gone from None


def _maker(row: Row, caller: Visitor) -> Human:
    """Return the drop box's creator as a caller, with their current permissions and the link user's address.

    There was no step-up, so this caller can't perform actions that need it.
    """
    return Human(
        account=AccountId(row["account"]),
        username=row["username"],
        session=SessionId(row["id"]),
        vault=VaultId(row["vault"]),
        authority=authority_of(row["roles"]),
        authenticated_at=row["expires_at"] - LONGEST - timedelta(days=1),
        expires_at=row["expires_at"],
        operator=False,
        origin=caller.origin,
    )
