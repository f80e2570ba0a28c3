"""Signs a user in with a password (A-4, A-6, A-7).

The response and the work are the same whether or not the account exists (no user enumeration): a missing
account also costs a password verification, and failures are counted by a keyed digest of the email address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import ACCOUNT_LOGIN
from strongroom_core.access.counters import count, give_back
from strongroom_core.accounts.endings import login_counter
from strongroom_core.accounts.identity import as_looked_up
from strongroom_core.accounts.mailing import facts_of
from strongroom_core.accounts.views import LoggedIn
from strongroom_core.crypto.password import Verified
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token, token_hash
from strongroom_core.kernel.errors import Crowded, TooMany, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.mail.kinds import MailKind
from strongroom_core.mail.put import put_mail
from strongroom_core.schema.accounts import Device, Session

if TYPE_CHECKING:
    from strongroom_core.core import Core
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
               where d.account = a.id and d.token_hash = $2 and d.expires_at > $3
                 and d.created_at <= $3 + interval '1 minute') as known_device
from account a where a.email_folded = $1
"""

_VAULTS = "select vault from vaults_of($1)"

_USED_AGAIN = """
update device set expires_at = $3, last_used_at = $4, address = $5, user_agent = $6
where account = $1 and token_hash = $2 returning true
"""


@dataclass(frozen=True, slots=True)
class _Found:
    claimed: gate.Claimed | None
    password_hash: str | None = field(repr=False)
    counter: str
    known_device: bool


async def log_in(
    core: Core, caller: Visitor, *, email: str, password: str, device_token: str | None
) -> LoggedIn:
    """Open a session. `device_token` is the browser's token from an earlier sign-in, if it has one.

    Raises `WrongCredentials` for every cause, and `TooMany` after five attempts in 15 minutes (brute force
    protection). All unknown devices are counted together and each known device separately, so that attackers
    can't lock an owner out.
    """
    found = await _find(core, email, device_token)
    # Known devices have reserved places, which a flood of unknown clients can't take.
    network = None if found.known_device else caller.origin.network
    verified = await _verify(core, found, password, network)
    token, hashed = mint_token(SESSION_TOKEN)
    async with gate.perform(core, caller, ACCOUNT_LOGIN, claimed=found.claimed) as act:
        if found.claimed is None or verified is None:
            raise WrongCredentials
        account, vault = found.claimed.account, found.claimed.vaults[0]
        await act.connection.execute("delete from rate_count where key = $1", found.counter)
        if verified.rehashed is not None:
            await act.connection.execute(
                "update account set password_hash = $2 where id = $1",
                account,
                verified.rehashed,
            )
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
            address=caller.origin.address,
            user_agent=caller.origin.user_agent[:USER_AGENT_LENGTH],
        )
        await act.run(Session.insert(session))
        device = await _know_device(act, account, device_token)
        if device != device_token:
            await put_mail(
                act.connection,
                MailKind.NEW_DEVICE,
                at=act.at,
                account=account,
                subject=session.id,
                facts=facts_of(core, caller.origin, act.at, found.claimed.username),
            )
        act.record(session=session.id)
    return LoggedIn(found.claimed.username, vault, session.expires_at, token, device)


async def _find(core: Core, email: str, device_token: str | None) -> _Found:
    """Look the account up and count the attempt, in a transaction that always commits."""
    folded, now = as_looked_up(email), core.clock.now()
    device = token_hash(device_token or "")
    async with core.database.transaction(INSTALLATION) as connection:
        row = await connection.fetchrow(_ACCOUNT, folded, device, now)
        counter = login_counter(core, folded)
        known_device = row is not None and row["known_device"]
        if known_device:
            counter += f":{device.hex()[:32]}"
        counted = await count(connection, counter, ATTEMPTS_WINDOW, now)
        vaults = await connection.fetch(_VAULTS, row["id"] if row is not None else "")
    if counted.count > ATTEMPTS:
        raise TooMany(counted.seconds_left(now))
    if row is None or row["status"] != "active" or not vaults:
        return _Found(None, None, counter, known_device)
    claimed = gate.Claimed(row["id"], row["username"], [VaultId(each["vault"]) for each in vaults])
    return _Found(claimed, row["password_hash"], counter, known_device)


async def _verify(core: Core, found: _Found, password: str, network: str | None) -> Verified | None:
    """Verify the password before the transaction begins, to keep the transaction short.

    An attempt that a full queue rejects doesn't count, because a flood of unknown clients must not use up a
    known device's attempts.
    """
    try:
        return await core.passwords.verify(found.password_hash, password, network=network)
    except WrongCredentials:
        return None
    except Crowded:
        async with core.database.transaction(INSTALLATION) as connection:
            await give_back(connection, found.counter)
        raise


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
