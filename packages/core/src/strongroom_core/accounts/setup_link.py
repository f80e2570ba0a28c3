"""The one-time setup link that creates the administrator's account (A-1).

At most one link exists. Its row has a fixed ID, so creating, using and replacing it are serialized on that
row.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.installation import INSTALLATION_LINK
from strongroom_core.crypto.token import mint_token, token_hash
from strongroom_core.kernel.errors import Conflict, Refused
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_wire.errors import Code

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import System

LIFETIME = timedelta(hours=24)

_ID = "tok_setup"
_PURPOSE = "setup"
_TOKEN = "srl"

_PUT = """
insert into account_token (vault, id, purpose, token_hash, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (id) do update set
    token_hash = excluded.token_hash, created_at = excluded.created_at, expires_at = excluded.expires_at
where account_token.used_at is null
returning true
"""

_USABLE = """
where token_hash = $1 and purpose = $2 and used_at is null and expires_at > $3
and created_at <= $3 + interval '1 minute'
and not exists (select from account)
"""

_IS_USABLE = f"select true from account_token {_USABLE}"

_USE = f"update account_token set used_at = $3 {_USABLE} returning true"


async def renew_link(core: Core, caller: System) -> str:
    """Replace a link that was lost or has expired, and return the new link's token.

    Raises `Conflict` if the administrator's account exists, and `Sealed` before the server is unsealed.
    """
    async with gate.perform(core, caller, INSTALLATION_LINK) as act:
        token = await put_link(act)
        if await act.connection.fetchval("select exists (select from account)"):
            raise _there_already()
        return token


def address_of(public_url: str, token: str) -> str:
    """Return the link. Browsers don't send the part after # until the form is submitted."""
    return f"{public_url}/setup#{token}"


async def put_link(act: gate.Act) -> str:
    """Create the link as part of an act, replacing an unused one, and return its token."""
    token, hashed = mint_token(_TOKEN)
    if not await act.connection.fetchval(
        _PUT, INSTALLATION, _ID, _PURPOSE, hashed, act.at, act.at + LIFETIME
    ):
        raise _there_already()
    return token


async def is_usable(connection: Connection, token: str, now: datetime) -> bool:
    """Whether this token would be accepted now."""
    return bool(await connection.fetchval(_IS_USABLE, token_hash(token), _PURPOSE, now))


async def use_link(act: gate.Act, token: str) -> None:
    """Use up the link. Raises `Refused` if the link isn't usable, or is no longer usable."""
    if not await act.connection.fetchval(_USE, token_hash(token), _PURPOSE, act.at):
        raise unusable()


def unusable() -> Refused:
    """Return the error for an unusable link, which is the same for every cause."""
    return Refused(Code.SETUP_LINK, "this link was used, has expired or never existed")


def _there_already() -> Conflict:
    return Conflict("the administrator account already exists; nothing was changed")
