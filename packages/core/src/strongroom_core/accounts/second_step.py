"""The second step of signing in, and signing in with only a passkey (A-3, A-4, A-6).

Between the steps, there is no session, only a token in a separate table that nothing else uses. So a person
can't do anything before the second step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import ACCOUNT_LOGIN, PASSKEY_ASK
from strongroom_core.access.entry import Claimed
from strongroom_core.accounts.entering import open_session
from strongroom_core.accounts.proofs.attempts import (
    count_attempt,
    factor_counter,
    sign_in_counter,
)
from strongroom_core.accounts.proofs.challenge import ChallengeFor, put_challenge
from strongroom_core.accounts.proofs.passkey import proving, use_passkey
from strongroom_core.accounts.proofs.prove import (
    CODE,
    PASSKEY,
    PASSWORD,
    Presented,
    use_second_factor,
)
from strongroom_core.accounts.proofs.webauthn import options_to_use, read_answer
from strongroom_core.accounts.views import FactorNeeded, LoggedIn
from strongroom_core.crypto.random import new_id
from strongroom_core.crypto.token import mint_token, token_hash
from strongroom_core.kernel.errors import NotAuthenticated, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION, VaultId
from strongroom_core.schema.accounts import AccountToken

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from strongroom_core.core import Core
    from strongroom_core.db.connection import Connection, Row
    from strongroom_core.kernel.caller import Visitor

STEP_TOKEN = "srt"
STEP_LIFETIME = timedelta(minutes=10)
_PURPOSE = "second_step"

_STEP = """
select t.id, a.id as account, a.username, a.email_folded,
       exists (select from device d
               where d.account = a.id and d.token_hash = $2 and d.expires_at > $4
                 and d.created_at <= $4 + interval '1 minute') as known_device
from account_token t join account a on a.id = t.account
where t.token_hash = $1 and t.purpose = $3 and t.expires_at > $4
  and t.created_at <= $4 + interval '1 minute' and a.status = 'active'
"""

_USE_STEP = "delete from account_token where id = $1 returning true"

_VAULTS = "select vault from vaults_of($1, $2)"

_OF_PASSKEY = """
select a.id as account, a.username from passkey p join account a on a.id = p.account
where p.credential_id = $1 and a.status = 'active'
"""


@dataclass(frozen=True, slots=True)
class _Step:
    id: str
    claimed: Claimed
    counters: list[str]


async def ask_for_factor(
    act: gate.Act, claimed: Claimed, *, app: bool, passkey: bool
) -> FactorNeeded:
    """Begin the second step, as part of the act that accepted the password."""
    token, hashed = mint_token(STEP_TOKEN)
    step = AccountToken(
        vault=INSTALLATION,
        id=new_id("tok"),
        purpose=_PURPOSE,
        token_hash=hashed,
        account=claimed.account,
        created_at=act.at,
        expires_at=act.at + STEP_LIFETIME,
    )
    await act.run(AccountToken.insert(step))
    methods = [CODE] if app else []
    return FactorNeeded([*methods, PASSKEY] if passkey else methods, token)


async def prove_second_factor(
    core: Core,
    caller: Visitor,
    step_token: str | None,
    presented: Presented,
    *,
    device_token: str | None,
) -> LoggedIn:
    """Open the session of a sign-in that has passed its first step. The step's token is then used up.

    Raises `WrongCredentials` for a wrong factor, `NotAuthenticated` if the sign-in no longer exists, and
    `TooMany` after five failures in 15 minutes, including wrong passwords.
    """
    step = await _find_step(core, step_token, device_token)
    async with (
        proving(core, step.claimed, "code or passkey"),
        gate.perform(core, caller, ACCOUNT_LOGIN, claimed=step.claimed) as act,
    ):
        if not await act.connection.fetchval(_USE_STEP, step.id):
            raise WrongCredentials
        account = step.claimed.account
        kind = await use_second_factor(
            core, act, account, presented, ChallengeFor.SIGN_IN, owner=account
        )
        await act.connection.execute("delete from rate_count where key = any($1)", step.counters)
        return await open_session(
            core,
            act,
            step.claimed,
            method=f"{PASSWORD}_{kind}",
            second_factor=True,
            device_token=device_token,
        )


async def create_sign_in_options(
    core: Core, caller: Visitor, step_token: str | None
) -> dict[str, Any]:
    """Return the options for using a passkey: any passkey or, in the second step, one of the account's."""
    async with gate.perform(core, caller, PASSKEY_ASK) as act:
        step = await _step_in(act.connection, core, step_token, None)
        account = None if step is None else step["account"]
        allowed = [] if account is None else await credentials_of(act.connection, account)
        challenge = await put_challenge(act, ChallengeFor.SIGN_IN, account)
    return options_to_use(core.settings, allowed, challenge)


async def sign_in_with_passkey(
    core: Core, caller: Visitor, credential: Mapping[str, Any], *, device_token: str | None
) -> LoggedIn:
    """Open a session with only a passkey, which has verified its user. Raises `WrongCredentials`.

    Passkeys can't be guessed, so failures of other kinds don't lock them.
    """
    answer = read_answer(credential)
    async with core.database.transaction(INSTALLATION) as connection:
        row = await connection.fetchrow(_OF_PASSKEY, answer.id)
        claimed = None if row is None else await _claimed(connection, row, core.clock.now())
    async with (
        proving(core, claimed, "passkey"),
        gate.perform(core, caller, ACCOUNT_LOGIN, claimed=claimed) as act,
    ):
        if claimed is None:
            raise WrongCredentials
        await use_passkey(core, act, claimed.account, answer, ChallengeFor.SIGN_IN, None)
        return await open_session(
            core,
            act,
            claimed,
            method=PASSKEY,
            second_factor=True,
            device_token=device_token,
        )


async def credentials_of(connection: Connection, account: str) -> list[bytes]:
    """Return the IDs of an account's passkeys, which browsers need to find them."""
    rows = await connection.fetch(
        "select credential_id from passkey where account = $1 order by created_at", account
    )
    return [row["credential_id"] for row in rows]


async def _find_step(core: Core, step_token: str | None, device_token: str | None) -> _Step:
    """Look the sign-in up and count the attempt, in a transaction that always commits."""
    now = core.clock.now()
    async with core.database.transaction(INSTALLATION) as connection:
        row = await _step_in(connection, core, step_token, device_token)
        if row is None:
            raise over()
        device = token_hash(device_token or "") if row["known_device"] else None
        counters = [
            sign_in_counter(core, row["email_folded"], device),
            factor_counter(row["account"], device),
        ]
        refusals = [await count_attempt(connection, each, now) for each in counters]
        claimed = await _claimed(connection, row, now)
    for refusal in refusals:
        if refusal is not None:
            raise refusal
    if claimed is None:
        raise over()
    return _Step(row["id"], claimed, counters)


async def _step_in(
    connection: Connection, core: Core, step_token: str | None, device_token: str | None
) -> Row | None:
    return await connection.fetchrow(
        _STEP,
        token_hash(step_token or ""),
        token_hash(device_token or ""),
        _PURPOSE,
        core.clock.now(),
    )


async def _claimed(connection: Connection, row: Row, at: datetime) -> Claimed | None:
    vaults = await connection.fetch(_VAULTS, row["account"], at)
    if not vaults:
        return None
    return Claimed(row["account"], row["username"], [VaultId(each["vault"]) for each in vaults])


def over() -> NotAuthenticated:
    """Return the error for a sign-in that has to start again."""
    return NotAuthenticated("this sign-in took too long or has ended; sign in again")
