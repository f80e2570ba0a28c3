"""Step-up authentication (A-5): people confirm their identity again for actions that need it to be recent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import PASSKEY_ASK, SESSION_STEP_UP
from strongroom_core.access.entry import Claimed
from strongroom_core.accounts.proofs.attempts import count_attempt
from strongroom_core.accounts.proofs.challenge import ChallengeFor, put_challenge
from strongroom_core.accounts.proofs.passkey import proving
from strongroom_core.accounts.proofs.password import verify_password
from strongroom_core.accounts.proofs.prove import PASSWORD, Presented, use_second_factor
from strongroom_core.accounts.proofs.webauthn import options_to_use
from strongroom_core.accounts.renewal import renew_token
from strongroom_core.accounts.second_step import credentials_of
from strongroom_core.accounts.views import SteppedUp
from strongroom_core.kernel.errors import Invalid, WrongCredentials
from strongroom_core.kernel.ids import INSTALLATION

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_ACCOUNT = """
select password_hash,
       exists (select from totp t where t.account = a.id and t.confirmed)
       or exists (select from passkey p where p.account = a.id) as has_factor
from account a where id = $1
"""


async def step_up(
    core: Core, caller: Human, password: str | None, second: Presented | None = None
) -> SteppedUp:
    """Prove the identity again, and give the session a new token.

    A passkey alone is enough, because it verifies its user. Otherwise, the password is needed and, if the
    account has a second factor, that as well. Raises `WrongCredentials`, and `TooMany` after five attempts in
    15 minutes, because a stolen session must not allow anyone to guess.
    """
    if password is None and (second is None or second.passkey is None):
        raise Invalid("enter your password", field="password")
    counter = f"step_up:{caller.account}"
    async with core.database.transaction(INSTALLATION) as connection:
        refusal = await count_attempt(connection, counter, core.clock.now())
        account = await connection.fetchrow(_ACCOUNT, caller.account)
    if refusal is not None:
        raise refusal
    right = account is not None
    if password is not None:
        stored = account["password_hash"] if account is not None else None
        right = await verify_password(core, stored, password, counter=counter) is not None
    needs_factor = account is None or account["has_factor"]
    asked = "password, code or passkey" if needs_factor else "password"
    async with (
        proving(core, claimed_by(caller), asked),
        gate.perform(core, caller, SESSION_STEP_UP) as act,
    ):
        if not right or (needs_factor and second is None):
            raise WrongCredentials
        methods = [] if password is None else [PASSWORD]
        # Without a password, the passkey is the only proof, so it is verified even if there is no factor.
        checked = second if needs_factor or password is None else None
        if checked is not None:
            methods.append(
                await use_second_factor(
                    core,
                    act,
                    caller.account,
                    checked,
                    ChallengeFor.STEP_UP,
                    owner=caller.account,
                )
            )
        token = await renew_token(act, caller, second_factor=True if checked else None)
        await act.connection.execute("delete from rate_count where key = $1", counter)
        act.record(method="_".join(methods))
    return SteppedUp(act.at, caller.expires_at, token)


async def create_step_up_options(core: Core, caller: Human) -> dict[str, Any]:
    """Return the options that the browser needs to use one of the person's passkeys."""
    async with gate.perform(core, caller, PASSKEY_ASK) as act:
        allowed = await credentials_of(act.connection, caller.account)
        challenge = await put_challenge(act, ChallengeFor.STEP_UP, caller.account)
    return options_to_use(core.settings, allowed, challenge)


def claimed_by(caller: Human) -> Claimed:
    """Return the account of a person who is signed in, as the gate names it."""
    return Claimed(caller.account, caller.username, [caller.vault])
