"""A person's second factors: listing them, and cleaning up after a change to one (A-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import ACCOUNT_VIEW
from strongroom_core.accounts.addresses import begin_of, put_notice
from strongroom_core.accounts.proofs.webauthn import is_possible
from strongroom_core.accounts.renewal import end_others, renew_token
from strongroom_core.accounts.views import FactorsView, PasskeyView, Requirement
from strongroom_core.kernel.errors import Conflict
from strongroom_core.mail.kinds import MailKind

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_FACTORS = "select * from factors_of($1)"
_PASSKEYS = "select * from passkeys_of($1)"
_REQUIREMENTS = "select vault, name, second_factor from requirements_of($1, $2)"

_HAS_FACTOR = """
select exists (select from totp where account = $1 and confirmed)
       or exists (select from passkey where account = $1)
"""


# A key that was approved with a factor must not meet a vault's requirement once the account has none.
_KEYS_WITHOUT = "update person_key set second_factor = false where account = $1 and second_factor"


async def read_factors(core: Core, caller: Human) -> FactorsView:
    """Return the person's factors, and which of their vaults require one."""
    async with gate.perform(core, caller, ACCOUNT_VIEW) as act:
        found = await act.connection.fetchrow(_FACTORS, caller.account)
        passkeys = await act.connection.fetch(_PASSKEYS, caller.account)
        vaults = await act.connection.fetch(_REQUIREMENTS, caller.account, act.at)
    if found is None:
        raise RuntimeError("the function returns one row")
    return FactorsView(
        second_factor=found["app_added_at"] is not None or found["passkeys"] > 0,
        app_added_at=found["app_added_at"],
        app_used_at=found["app_used_at"],
        recovery_codes_left=found["codes_left"],
        passkeys=[PasskeyView.of_row(row) for row in passkeys],
        passkeys_possible=is_possible(core.settings),
        vaults=[
            Requirement(
                vault_id=row["vault"], vault_name=row["name"], second_factor=row["second_factor"]
            )
            for row in vaults
        ],
    )


async def has_factor(act: gate.Act, account: str) -> bool:
    """Whether the account has a second factor, in an act of the installation."""
    return bool(await act.connection.fetchval(_HAS_FACTOR, account))


async def lock_account(act: gate.Act, account: str) -> None:
    """Exclude sign-ins and other changes of this account's factors until the act has ended."""
    await act.connection.execute("select from account where id = $1 for no key update", account)


async def finish_change(core: Core, act: gate.Act, caller: Human, change: str) -> str:
    """End the person's other sessions after a factor was changed, and return this session's new token.

    All of the account's addresses get a notice about the `change`.

    Without a factor, recovery codes are useless, so they are deleted, and the account's keys count as
    approved without one. The account must be locked, so that no key is being approved. Raises `Conflict` if
    no factor is left although a vault requires one.
    """
    remains = await has_factor(act, caller.account)
    if not remains:
        required = await act.connection.fetch(_REQUIREMENTS, caller.account, act.at)
        names = [row["name"] for row in required if row["second_factor"]]
        if names:
            raise Conflict(
                f"the vault {names[0]} requires a second factor; add another one before you remove this one"
            )
        await act.connection.execute("delete from recovery_code where account = $1", caller.account)
        await act.connection.execute(_KEYS_WITHOUT, caller.account)
    ended = await end_others(act, caller)
    act.record(sessions=ended)
    await put_notice(
        core,
        act,
        MailKind.FACTORS_CHANGED,
        caller.account,
        caller.username,
        since=await begin_of(act, caller),
        change=change,
    )
    return await renew_token(act, caller, second_factor=remains)
