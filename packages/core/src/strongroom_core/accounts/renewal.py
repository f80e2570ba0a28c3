"""Gives an existing session a new token, for example after step-up or when a second factor changes (A-4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.accounts.endings import end_sessions
from strongroom_core.accounts.entering import SESSION_TOKEN
from strongroom_core.crypto.token import mint_token
from strongroom_core.kernel.errors import NotAuthenticated

if TYPE_CHECKING:
    from strongroom_core.access import gate
    from strongroom_core.kernel.caller import Human

_RENEW = """
update session set token_hash = $2, authenticated_at = $3, second_factor = coalesce($4, second_factor)
where id = $1 returning true
"""


async def renew_token(act: gate.Act, caller: Human, *, second_factor: bool | None = None) -> str:
    """Give the session a new token as part of an act, and return it.

    `second_factor` is whether the session has one, or None if that doesn't change. Raises
    `NotAuthenticated` if the session has ended.
    """
    token, hashed = mint_token(SESSION_TOKEN)
    renewed = await act.connection.fetchval(_RENEW, caller.session, hashed, act.at, second_factor)
    if renewed is None:
        raise NotAuthenticated("session expired; sign in again")
    return token


async def end_others(act: gate.Act, caller: Human) -> int:
    """End the person's other sessions as part of an act, such as changing a factor. Return how many ended."""
    return await end_sessions(act.connection, caller.account, keep=caller.session)
