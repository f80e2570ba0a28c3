"""Sessions: authenticating users, and signing out (A-4)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import SESSION_END, SESSION_VIEW
from strongroom_core.access.roles import authority_of
from strongroom_core.accounts.entering import SESSION_TOKEN
from strongroom_core.accounts.views import SessionView
from strongroom_core.crypto.token import is_token, token_hash
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.clock import SLACK
from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_core.kernel.ids import AccountId, SessionId, VaultId, is_id

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.origin import Origin

USE_GRAIN = timedelta(seconds=30)
"""The maximum age of `last_used_at`. Updating it on every request would make the row a hot spot."""

_BY_TOKEN = "select * from session_by_hash($1)"
_FACTORS = "select app_added_at is not null as code, passkeys > 0 as passkey from factors_of($1)"
_BY_ID = "select * from session_by_id($1)"


async def authenticate_person(core: Core, token: str | None, origin: Origin) -> Human:
    """Return the caller for a session cookie, with their current authority.

    Raises `NotAuthenticated` unless the token is well formed and its session is live. The call counts as a
    use of the session.
    """
    if token is None or not is_token(token, SESSION_TOKEN):
        raise NotAuthenticated
    return await _live(core, _BY_TOKEN, token_hash(token), origin, used=True)


async def authenticate_session(
    core: Core, session: str | None, origin: Origin, *, used: bool
) -> Human:
    """Return the caller for a session ID, for a connection that presented the token earlier.

    `used` means that the user did something; a page's automatic requests don't keep a session alive (A-4).
    Raises `NotAuthenticated`.
    """
    if session is None or not is_id(session, "ses"):
        raise NotAuthenticated
    return await _live(core, _BY_ID, session, origin, used=used)


async def session_of(core: Core, token: str | None, origin: Origin) -> SessionId | None:
    """Return the ID of a cookie's session, or None if no live session belongs to the cookie.

    This doesn't count as a use of the session. The ID grants nothing to a client: the server takes it only
    from this function, never from outside.
    """
    if token is None or not is_token(token, SESSION_TOKEN):
        return None
    try:
        caller = await _live(core, _BY_TOKEN, token_hash(token), origin, used=False)
    except NotAuthenticated:
        return None
    return caller.session


async def _live(core: Core, sql: str, key: bytes | str, origin: Origin, *, used: bool) -> Human:
    """Return a session's caller and, if `used`, record the use.

    (1) the session exists; (2) it has neither ended nor timed out, and isn't dated in the future, which can
    happen if the clock was ahead; (3) the account is active; (4) the user is an active member of the
    session's vault, which may be deleted, and the membership hasn't ended. Raises the same
    `NotAuthenticated` if any of these fails.
    """
    now = core.clock.now()
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(sql, key)
        if (
            row is None  # (1)
            or row["expires_at"] <= now  # (2)
            or row["created_at"] + core.settings.session_absolute <= now
            or row["last_used_at"] + core.settings.session_idle <= now
            or max(row["created_at"], row["last_used_at"]) > now + SLACK
            or row["account_status"] != "active"  # (3)
            or row["member_status"] not in ("active", "deleted")  # (4)
            or (row["member_until"] is not None and row["member_until"] <= now)
        ):
            raise NotAuthenticated("session expired; sign in again")
        if used and now - row["last_used_at"] >= USE_GRAIN:
            await connection.execute("select note_session_use($1, $2)", row["session"], now)
    return Human(
        account=AccountId(row["account"]),
        username=row["username"],
        session=SessionId(row["session"]),
        vault=VaultId(row["acting_vault"]),
        authority=authority_of(
            row["roles"],
            deleted=row["member_status"] == "deleted",
            lacks_factor=row["second_factor_required"] and not row["second_factor"],
        ),
        authenticated_at=row["authenticated_at"],
        expires_at=row["expires_at"],
        operator=row["operator"],
        origin=origin,
    )


async def read_session(core: Core, caller: Human) -> SessionView:
    """Return the user's own session."""
    async with gate.perform(core, caller, SESSION_VIEW) as act:
        name = await act.connection.fetchval("select name from vault")
        factors = await act.connection.fetchrow(_FACTORS, caller.account)
    return SessionView(
        username=caller.username,
        vault_id=caller.vault,
        vault_name=name,
        operator=caller.operator,
        authenticated_at=caller.authenticated_at,
        expires_at=caller.expires_at,
        second_factors=[kind for kind, there in (factors or {}).items() if there],
    )


async def end_session(core: Core, caller: Human) -> None:
    """Sign out: delete the session, which makes its cookie useless."""
    async with gate.perform(core, caller, SESSION_END) as act:
        await act.connection.execute("delete from session where id = $1", caller.session)
