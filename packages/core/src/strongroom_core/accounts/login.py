"""From a password to a session (A-4, A-6, A-7).

The same answer after the same work, whether the account exists or not: absent accounts cost a
verification too, and failures are counted by a keyed digest of the address that was typed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions import Action, ObjectKind
from strongroom_core.access.counters import count, give_back
from strongroom_core.accounts.identity import EMAIL_LENGTH, fold
from strongroom_core.accounts.views import LoggedIn
from strongroom_core.crypto.keyring import SystemPurpose
from strongroom_core.crypto.password import Verified
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token, token_hash
from strongroom_core.kernel.errors import Crowded, TooMany, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.schema.accounts import Device, Session

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection
    from strongroom_core.kernel.caller import Visitor

ATTEMPTS = 5
ATTEMPTS_WINDOW = timedelta(minutes=15)
DEVICE_LIFETIME = timedelta(days=365)
USER_AGENT_LENGTH = 255

SESSION_TOKEN = "srs"
DEVICE_TOKEN = "srd"

_ACCOUNT = """
select a.id, a.username, a.status, a.password_hash,
       exists (select from device d
               where d.account = a.id and d.token_hash = $2 and d.expires_at > $3) as known_device
from account a where a.email_folded = $1
"""

_USED_AGAIN = (
    "update device set expires_at = $3 where account = $1 and token_hash = $2 returning true"
)


@dataclass(frozen=True, slots=True)
class _Found:
    account: str | None
    username: str
    password_hash: str | None = field(repr=False)
    counter: str


async def log_in(
    core: Core, caller: Visitor, *, email: str, password: str, device_token: str | None
) -> LoggedIn:
    """Open a session. `device_token` is that of a browser which logged in before, if it has one.

    Raises `WrongCredentials` whatever is wrong, and `TooMany` after five attempts in 15 minutes:
    all devices the account never used are counted together, each known device for itself, so that
    strangers cannot lock an owner out.
    """
    found = await _find(core, email, device_token)
    verified = await _verify(core, found, password)
    token, hashed = mint_token(SESSION_TOKEN)
    async with gate.perform(core, caller, Action.ACCOUNT_LOGIN) as act:
        if found.account is None or verified is None:
            raise WrongCredentials
        vault = await _first_vault(act.connection, found.account)
        await act.connection.execute("delete from rate_count where key = $1", found.counter)
        if verified.rehashed is not None:
            await act.connection.execute(
                "update account set password_hash = $2 where id = $1",
                found.account,
                verified.rehashed,
            )
        session = Session(
            vault=INSTALLATION,
            id=new_id("ses"),
            token_hash=hashed,
            account=found.account,
            acting_vault=vault,
            authenticated_at=act.at,
            created_at=act.at,
            last_used_at=act.at,
            expires_at=act.at + core.settings.session_absolute,
            address=caller.origin.address,
            user_agent=caller.origin.user_agent[:USER_AGENT_LENGTH],
        )
        await Session.insert(session)
        device = await _know_device(act, found.account, device_token)
        act.concerns(ObjectKind.ACCOUNT, found.account, found.username)
        act.record(session=session.id)
    return LoggedIn(found.username, vault, session.expires_at, token, device)


async def _find(core: Core, email: str, device_token: str | None) -> _Found:
    """Look the account up and count the attempt, in one transaction that commits whatever follows."""
    folded, now = _as_looked_up(email), core.clock.now()
    device = token_hash(device_token or "")
    digest = core.require_keyring().mac(SystemPurpose.PEPPER, b"login\0" + folded.encode())
    async with core.database.transaction(INSTALLATION) as connection:
        row = await connection.fetchrow(_ACCOUNT, folded, device, now)
        counter = f"login:{digest.hex()}"
        if row is not None and row["known_device"]:
            counter += f":{device.hex()[:32]}"
        counted = await count(connection, counter, ATTEMPTS_WINDOW, now)
    if counted.count > ATTEMPTS:
        raise TooMany(counted.seconds_left(now))
    if row is None or row["status"] != "active":
        return _Found(None, "", None, counter)
    return _Found(row["id"], row["username"], row["password_hash"], counter)


def _as_looked_up(email: str) -> str:
    """Return the folded address, or an empty one for text that no account's address can be.

    Such text must cost and count like any other, not fail in the database.
    """
    folded = fold(email)[:EMAIL_LENGTH]
    try:
        folded.encode()
    except UnicodeEncodeError:
        return ""
    return "" if "\0" in folded else folded


async def _verify(core: Core, found: _Found, password: str) -> Verified | None:
    """Verify before the transaction begins, which would otherwise be held open all that time.

    An attempt that found no room is given back: a flood of strangers must not use up those of a
    device that is known.
    """
    try:
        return await core.passwords.verify(found.password_hash, password)
    except WrongCredentials:
        return None
    except Crowded:
        async with core.database.transaction(INSTALLATION) as connection:
            await give_back(connection, found.counter)
        raise


async def _know_device(act: gate.Act, account: str, token: str | None) -> str:
    """Return the token by which this browser is known for a year from now: its own, or a new one."""
    until = act.at + DEVICE_LIFETIME
    if token is not None and await act.connection.fetchval(
        _USED_AGAIN, account, token_hash(token), until
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
    )
    await Device.insert(device)
    return new


async def _first_vault(connection: Connection, account: str) -> VaultId:
    vault = await connection.fetchval("select vault from vaults_of($1) limit 1", account)
    if vault is None:
        raise WrongCredentials
    return VaultId(vault)
