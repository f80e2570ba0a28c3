"""The first step of signing in: email and password (A-4, A-6, A-7).

The response and the work are the same whether or not the account exists (no user enumeration): a missing
account also costs a password verification, and failures are counted by a keyed digest of the email address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import ACCOUNT_FIRST_STEP, ACCOUNT_LOGIN
from strongroom_core.access.counters import give_back
from strongroom_core.access.entry import Claimed
from strongroom_core.accounts.entering import open_session
from strongroom_core.accounts.identity import as_looked_up
from strongroom_core.accounts.proofs.attempts import count_attempt, sign_in_counter
from strongroom_core.accounts.proofs.password import verify_password
from strongroom_core.accounts.proofs.prove import PASSWORD
from strongroom_core.accounts.second_step import ask_for_factor
from strongroom_core.accounts.views import FactorNeeded, LoggedIn
from strongroom_core.crypto.token import token_hash
from strongroom_core.kernel.errors import WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION, VaultId

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Visitor

_ACCOUNT = """
select a.id, a.username, a.status, a.password_hash,
       exists (select from device d
               where d.account = a.id and d.token_hash = $2 and d.expires_at > $3
                 and d.created_at <= $3 + interval '1 minute') as known_device,
       exists (select from totp t where t.account = a.id and t.confirmed) as has_app,
       exists (select from passkey p where p.account = a.id) as has_passkey
from account a where a.email_folded = $1
"""

_VAULTS = "select vault from vaults_of($1, $2)"


@dataclass(frozen=True, slots=True)
class _Found:
    claimed: Claimed | None
    password_hash: str | None = field(repr=False)
    counter: str
    known_device: bool
    has_app: bool = False
    has_passkey: bool = False


async def log_in(
    core: Core, caller: Visitor, *, email: str, password: str, device_token: str | None
) -> LoggedIn | FactorNeeded:
    """Open a session or, for an account with a second factor, begin the second step.

    `device_token` is the browser's token from an earlier sign-in, if it has one.

    Raises `WrongCredentials` for every cause, and `TooMany` after five attempts in 15 minutes (brute force
    protection). All unknown devices share one counter, and each known device has its own, so that
    attackers can't lock the owner out.
    """
    found = await _find(core, email, device_token)
    # Known devices have reserved places, which a flood of unknown clients can't take.
    network = None if found.known_device else caller.origin.network
    verified = await verify_password(
        core, found.password_hash, password, counter=found.counter, network=network
    )
    if verified is not None and (found.has_app or found.has_passkey):
        action = ACCOUNT_FIRST_STEP
    else:
        action = ACCOUNT_LOGIN
    async with gate.perform(core, caller, action, claimed=found.claimed) as act:
        if found.claimed is None or verified is None:
            raise WrongCredentials
        password_hash = found.password_hash
        if verified.rehashed is not None:
            password_hash = verified.rehashed
            await act.connection.execute(
                "update account set password_hash = $2 where id = $1 and password_hash = $3",
                found.claimed.account,
                password_hash,
                found.password_hash,
            )
        if action is ACCOUNT_FIRST_STEP:
            # The attempt wasn't a failure. Guesses at the second factor use the same counter.
            await give_back(act.connection, found.counter)
            return await ask_for_factor(
                act, found.claimed, app=found.has_app, passkey=found.has_passkey
            )
        await act.connection.execute("delete from rate_count where key = $1", found.counter)
        return await open_session(
            core,
            act,
            found.claimed,
            method=PASSWORD,
            second_factor=False,
            device_token=device_token,
            password_hash=password_hash,
        )


async def _find(core: Core, email: str, device_token: str | None) -> _Found:
    """Look the account up and count the attempt, in a transaction that always commits."""
    folded, now = as_looked_up(email), core.clock.now()
    device = token_hash(device_token or "")
    async with core.database.transaction(INSTALLATION) as connection:
        row = await connection.fetchrow(_ACCOUNT, folded, device, now)
        known_device = row is not None and row["known_device"]
        counter = sign_in_counter(core, folded, device if known_device else None)
        refusal = await count_attempt(connection, counter, now)
        vaults = await connection.fetch(_VAULTS, row["id"] if row is not None else "", now)
    if refusal is not None:
        raise refusal
    if row is None or row["status"] != "active" or not vaults:
        return _Found(None, None, counter, known_device)
    claimed = Claimed(row["id"], row["username"], [VaultId(each["vault"]) for each in vaults])
    return _Found(
        claimed,
        row["password_hash"],
        counter,
        known_device,
        row["has_app"],
        row["has_passkey"],
    )
