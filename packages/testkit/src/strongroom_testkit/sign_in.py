"""Signing in with only the password, or without one, for tests with people who have no second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.accounts import login
from strongroom_core.accounts.entering import SESSION_TOKEN
from strongroom_core.accounts.sessions import authenticate_session
from strongroom_core.accounts.views import LoggedIn
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human, Visitor
    from strongroom_testkit.world import World


async def log_in(
    core: Core, caller: Visitor, *, email: str, password: str, device_token: str | None
) -> LoggedIn:
    """Return the session. Raises `TypeError` for an account with a second factor."""
    opened = await login.log_in(
        core, caller, email=email, password=password, device_token=device_token
    )
    if not isinstance(opened, LoggedIn):
        raise TypeError("this account has a second factor")
    return opened


async def signed_in(world: World, account: str) -> tuple[Human, str]:
    """Return an account's caller in the vault with a new session, and the session's token."""
    core, session, now = world.core, new_id("ses"), world.core.clock.now()
    token, hashed = mint_token(SESSION_TOKEN)
    world.markers.note(token)
    async with core.database.transaction(INSTALLATION) as connection:
        await connection.execute(
            "insert into session (vault, id, token_hash, account, acting_vault, authenticated_at,"
            " created_at, last_used_at, expires_at, address, user_agent)"
            " values ($1, $2, $3, $4, $5, $6, $6, $6, $7, '127.0.0.9', '')",
            *(INSTALLATION, session, hashed, account, world.person.vault),
            *(now, now + core.settings.session_absolute),
        )
    return await authenticate_session(core, session, world.owner.origin, used=False), token
