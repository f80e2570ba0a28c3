"""The one-time link that makes the operator's account (A-1).

There is one at most, for all time: its row has a fixed id, and whatever makes, uses or replaces it waits
there for the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.crypto.token import mint_token, token_hash
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.ids import INSTALLATION

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
and not exists (select from account)
"""

_IS_USABLE = f"select true from account_token {_USABLE}"

_USE = f"update account_token set used_at = $3 {_USABLE} returning true"


async def renew_link(core: Core, caller: System) -> str:
    """Return the token of a new link, for whoever lost the first or came late. The old one is void.

    Raises `Conflict` once the operator's account is there, `Sealed` before the server is unsealed.
    """
    async with gate.perform(core, caller, Action.INSTALLATION_LINK) as act:
        token = await put_link(act)
        if await act.connection.fetchval("select exists (select from account)"):
            raise _there_already()
        return token


def address_of(public_url: str, token: str) -> str:
    """Return the link. What is behind its # is sent to no server until somebody presses the button."""
    return f"{public_url}/setup#{token}"


async def put_link(act: gate.Act) -> str:
    """Make the link as part of an act, in place of one that was not used, and return its token."""
    token, hashed = mint_token(_TOKEN)
    if not await act.connection.fetchval(
        _PUT, INSTALLATION, _ID, _PURPOSE, hashed, act.at, act.at + LIFETIME
    ):
        raise _there_already()
    return token


async def is_usable(connection: Connection, token: str, now: datetime) -> bool:
    """Whether this token would be taken now."""
    return bool(await connection.fetchval(_IS_USABLE, token_hash(token), _PURPOSE, now))


async def use_link(act: gate.Act, token: str) -> bool:
    """Use the link up. False where it cannot be used, or not any more."""
    return bool(await act.connection.fetchval(_USE, token_hash(token), _PURPOSE, act.at))


def _there_already() -> Conflict:
    return Conflict("the operator's account is there already; nothing was changed")
