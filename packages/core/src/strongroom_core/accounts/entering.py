"""Opens a session. This is the last part of every way of signing in (A-4)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.accounts.addresses import put_notice
from strongroom_core.accounts.views import LoggedIn
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token, token_hash
from strongroom_core.kernel.errors import WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION
from strongroom_core.mail.kinds import MailKind
from strongroom_core.schema.accounts import Device, Session

if TYPE_CHECKING:
    from strongroom_core.access import gate
    from strongroom_core.access.entry import Claimed
    from strongroom_core.core import Core

DEVICE_LIFETIME = timedelta(days=365)
USER_AGENT_LENGTH = 255

SESSION_TOKEN = "srs"
DEVICE_TOKEN = "srd"

# The row is locked, so that no session is opened with a password that is being changed, or without a factor
# that is being added.
_STILL = """
select status = 'active'
       and ($2::varchar is null or password_hash = $2)
       and ($3 or not exists (select from totp t where t.account = a.id and t.confirmed)
                  and not exists (select from passkey p where p.account = a.id))
from account a where id = $1 for no key update
"""

_USED_AGAIN = """
update device set expires_at = $3, last_used_at = $4, address = $5, user_agent = $6
where account = $1 and token_hash = $2 returning true
"""


async def open_session(
    core: Core,
    act: gate.Act,
    claimed: Claimed,
    *,
    method: str,
    second_factor: bool,
    device_token: str | None,
    password_hash: str | None = None,
) -> LoggedIn:
    """Open a session as part of an act, with a new token, for an account that has proved its identity.

    Raises `WrongCredentials` if that is no longer enough: the account is no longer active, its password has
    been changed, or it has a second factor and only a password was given.
    """
    account = claimed.account
    if not await act.connection.fetchval(_STILL, account, password_hash, second_factor):
        raise WrongCredentials
    token, hashed = mint_token(SESSION_TOKEN)
    vault, origin = claimed.vaults[0], act.caller.origin
    session = Session(
        vault=INSTALLATION,
        id=new_id("ses"),
        token_hash=hashed,
        account=account,
        acting_vault=vault,
        authenticated_at=act.at,
        created_at=act.at,
        last_used_at=act.at,
        expires_at=act.at + core.settings.session_absolute,
        address=origin.address,
        user_agent=origin.user_agent[:USER_AGENT_LENGTH],
        second_factor=second_factor,
    )
    await act.run(Session.insert(session))
    device = await _know_device(act, account, device_token)
    if device != device_token:
        await put_notice(
            core, act, MailKind.NEW_DEVICE, account, claimed.username, subject=session.id
        )
    act.record(session=session.id, method=method)
    return LoggedIn(claimed.username, vault, session.expires_at, token, device)


async def _know_device(act: gate.Act, account: str, token: str | None) -> str:
    """Return the token that makes this browser known for a year: its current one, or a new one."""
    until = act.at + DEVICE_LIFETIME
    origin = act.caller.origin
    agent = origin.user_agent[:USER_AGENT_LENGTH]
    if token is not None and await act.connection.fetchval(
        _USED_AGAIN, account, token_hash(token), until, act.at, origin.address, agent
    ):
        return token
    new, hashed = mint_token(DEVICE_TOKEN)
    device = Device(
        vault=INSTALLATION,
        id=new_id("dev"),
        token_hash=hashed,
        account=account,
        created_at=act.at,
        expires_at=until,
        address=origin.address,
        user_agent=agent,
        last_used_at=act.at,
    )
    await act.run(Device.insert(device))
    return new
