"""Sessions: the authenticators of people, the fresh proof for step-up, and log-out (A-4, A-5)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action
from strongroom_core.access.counters import count, give_back
from strongroom_core.access.roles import authority_of
from strongroom_core.accounts.login import ATTEMPTS, ATTEMPTS_WINDOW, SESSION_TOKEN
from strongroom_core.accounts.views import SessionView, SteppedUp
from strongroom_core.crypto.token import is_token, mint_token, token_hash
from strongroom_core.kernel.caller import Human
from strongroom_core.kernel.errors import Crowded, NotAuthenticated, TooMany, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION, AccountId, SessionId, VaultId, is_id

if TYPE_CHECKING:
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.origin import Origin

USE_GRAIN = timedelta(seconds=30)
"""How stale `last_used_at` may be: writing it at every request would make a session a hot row."""

_BY_TOKEN = "select * from session_by_hash($1)"
_BY_ID = "select * from session_by_id($1)"


async def authenticate_person(core: Core, token: str | None, origin: Origin) -> Human:
    """Return the caller behind a session cookie, with the authority they hold at this moment.

    The token must have the form of one and its session be live. Raises `NotAuthenticated`
    otherwise, and notes the use.
    """
    if token is None or not is_token(token, SESSION_TOKEN):
        raise NotAuthenticated
    caller, last_used_at = await _live(core, _BY_TOKEN, token_hash(token), origin)
    await _note_use(core, caller, last_used_at)
    return caller


async def authenticate_session(
    core: Core, session: str | None, origin: Origin, *, used: bool
) -> Human:
    """Return the caller whose session has this id, for a connection that proved the token before.

    `used` says that a person did something; what a page does by itself keeps no session alive
    (A-4). Raises `NotAuthenticated`.
    """
    if session is None or not is_id(session, "ses"):
        raise NotAuthenticated
    caller, last_used_at = await _live(core, _BY_ID, session, origin)
    if used:
        await _note_use(core, caller, last_used_at)
    return caller


async def session_of(core: Core, token: str | None, origin: Origin) -> SessionId | None:
    """Return the id of the live session a cookie stands for, None where there is none.

    It is not a use. The id opens nothing by itself: it comes from this function only, never from
    outside.
    """
    if token is None or not is_token(token, SESSION_TOKEN):
        return None
    try:
        caller, _ = await _live(core, _BY_TOKEN, token_hash(token), origin)
    except NotAuthenticated:
        return None
    return caller.session


async def _live(core: Core, sql: str, key: bytes | str, origin: Origin) -> tuple[Human, datetime]:
    """Return the caller of a session, and when it was used last.

    (1) the session exists; (2) it is neither past its end nor idle too long; (3) the account is
    active; (4) the person is an active member of the vault the session acts in. Raises
    `NotAuthenticated` for all four alike.
    """
    now = core.clock.now()
    async with core.database.transaction(None) as connection:
        row = await connection.fetchrow(sql, key)
    if (
        row is None  # (1)
        or row["expires_at"] <= now  # (2)
        or row["last_used_at"] + core.settings.session_idle <= now
        or row["account_status"] != "active"  # (3)
        or row["member_status"] != "active"  # (4)
    ):
        raise NotAuthenticated("your session has ended: log in again")
    caller = Human(
        account=AccountId(row["account"]),
        username=row["username"],
        session=SessionId(row["session"]),
        vault=VaultId(row["acting_vault"]),
        authority=authority_of(row["vault_role"]),
        authenticated_at=row["authenticated_at"],
        expires_at=row["expires_at"],
        operator=row["operator"],
        origin=origin,
    )
    return caller, row["last_used_at"]


async def read_session(core: Core, caller: Human) -> SessionView:
    """Return what the person's own session looks like."""
    async with gate.perform(core, caller, Action.SESSION_VIEW) as act:
        name = await act.connection.fetchval("select name from vault")
    return SessionView(
        caller.username,
        caller.vault,
        name,
        caller.operator,
        caller.authenticated_at,
        caller.expires_at,
    )


async def step_up(core: Core, caller: Human, password: str) -> SteppedUp:
    """Take a fresh proof of identity, and give the session a new token.

    Raises `WrongCredentials`, and `TooMany` after five attempts in 15 minutes: a stolen session
    must not become a place to guess the password.
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
    async with gate.perform(core, caller, Action.SESSION_STEP_UP) as act:
        if failure is not None:
            raise failure
        await _renew(act.connection, caller, hashed, act.at)
    return SteppedUp(act.at, caller.expires_at, token)


async def end_session(core: Core, caller: Human) -> None:
    """Log out: the session is gone, and its cookie means nothing any more."""
    async with gate.perform(core, caller, Action.SESSION_END) as act:
        await act.connection.execute("delete from session where id = $1", caller.session)


async def _failure_of(
    core: Core, caller: Human, stored: str | None, password: str
) -> WrongCredentials | None:
    """Verify before the transaction begins, which would otherwise be held open all that time.

    An attempt that found no room is given back.
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
        raise NotAuthenticated("your session has ended: log in again")
    await connection.execute("delete from rate_count where key = $1", _counter(caller))


async def _note_use(core: Core, caller: Human, last_used_at: datetime) -> None:
    now = core.clock.now()
    if now - last_used_at < USE_GRAIN:
        return
    async with core.database.transaction(None) as connection:
        await connection.execute("select note_session_use($1, $2)", caller.session, now)


def _counter(caller: Human) -> str:
    return f"step_up:{caller.account}"
