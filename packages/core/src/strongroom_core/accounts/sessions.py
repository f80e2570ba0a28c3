"""Sessions: authenticating users, step-up authentication and signing out (A-4, A-5)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import SESSION_END, SESSION_STEP_UP, SESSION_VIEW
from strongroom_core.access.counters import count, give_back
from strongroom_core.access.roles import authority_of
from strongroom_core.accounts.login import ATTEMPTS, ATTEMPTS_WINDOW, SESSION_TOKEN
from strongroom_core.accounts.views import SessionView, SteppedUp
from strongroom_core.crypto.token import is_token, mint_token, token_hash
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.clock import SLACK
from strongroom_core.kernel.errors import Crowded, NotAuthenticated, TooMany, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION, AccountId, SessionId, VaultId, is_id

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.origin import Origin

USE_GRAIN = timedelta(seconds=30)
"""How old `last_used_at` can get. Updating it on every request would make the row a hot spot."""

_BY_TOKEN = "select * from session_by_hash($1)"
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

    (1) the session exists; (2) it has neither ended nor timed out, and isn't dated in the future, as it can
    be if the clock was ahead; (3) the account is active; (4) the user is an active member of the
    session's vault, which may be deleted. Raises the same `NotAuthenticated` for all four.
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
        ):
            raise NotAuthenticated("session expired; sign in again")
        if used and now - row["last_used_at"] >= USE_GRAIN:
            await connection.execute("select note_session_use($1, $2)", row["session"], now)
    return Human(
        account=AccountId(row["account"]),
        username=row["username"],
        session=SessionId(row["session"]),
        vault=VaultId(row["acting_vault"]),
        authority=authority_of(row["vault_role"], deleted=row["member_status"] == "deleted"),
        authenticated_at=row["authenticated_at"],
        expires_at=row["expires_at"],
        operator=row["operator"],
        origin=origin,
    )


async def read_session(core: Core, caller: Human) -> SessionView:
    """Return the user's own session."""
    async with gate.perform(core, caller, SESSION_VIEW) as act:
        name = await act.connection.fetchval("select name from vault")
    return SessionView(
        username=caller.username,
        vault_id=caller.vault,
        vault_name=name,
        operator=caller.operator,
        authenticated_at=caller.authenticated_at,
        expires_at=caller.expires_at,
    )


async def step_up(core: Core, caller: Human, password: str) -> SteppedUp:
    """Confirm the password (step-up authentication), and give the session a new token.

    Raises `WrongCredentials`, and `TooMany` after five attempts in 15 minutes, because a stolen session must
    not allow anyone to brute-force the password.
    """
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        counted = await count(connection, _counter(caller), ATTEMPTS_WINDOW, now)
        stored = await connection.fetchval(
            "select password_hash from account where id = $1", caller.account
        )
    if counted.count > ATTEMPTS:
        raise TooMany(counted.seconds_left(now))
    token, hashed = mint_token(SESSION_TOKEN)
    failure = await _failure_of(core, caller, stored, password)
    async with gate.perform(core, caller, SESSION_STEP_UP) as act:
        if failure is not None:
            raise failure
        await _renew(act.connection, caller, hashed, act.at)
    return SteppedUp(act.at, caller.expires_at, token)


async def end_session(core: Core, caller: Human) -> None:
    """Sign out: delete the session, which makes its cookie worthless."""
    async with gate.perform(core, caller, SESSION_END) as act:
        await act.connection.execute("delete from session where id = $1", caller.session)


async def _failure_of(
    core: Core, caller: Human, stored: str | None, password: str
) -> WrongCredentials | None:
    """Verify the password before the transaction begins, to keep the transaction short.

    An attempt that a full queue rejects doesn't count.
    """
    try:
        await core.passwords.verify(stored, password)
    except WrongCredentials as failure:
        return failure
    except Crowded:
        async with core.database.transaction(INSTALLATION) as connection:
            await give_back(connection, _counter(caller))
        raise
    return None


async def _renew(connection: Connection, caller: Human, hashed: bytes, at: datetime) -> None:
    renewed = await connection.fetchval(
        "update session set token_hash = $2, authenticated_at = $3 where id = $1 returning true",
        caller.session,
        hashed,
        at,
    )
    if renewed is None:
        raise NotAuthenticated("session expired; sign in again")
    await connection.execute("delete from rate_count where key = $1", _counter(caller))


def _counter(caller: Human) -> str:
    return f"step_up:{caller.account}"
