"""Recovery of a person who has lost all second factors, as the administrator starts and cancels it (A-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.operator import RECOVERY_START, RECOVERY_STOP
from strongroom_core.accounts.factors import has_factor, lock_account
from strongroom_core.accounts.recovery import begin_recovery, end_recovery, is_pending, tell_vaults
from strongroom_core.kernel.errors import Conflict
from strongroom_core.kernel.limits import REASON_LENGTH
from strongroom_core.kernel.names import require_name
from strongroom_core.operator.accounts import detail_of

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human
    from strongroom_core.operator.views import AccountInDetail

_NAME = "select username from account where id = $1 and status = 'active'"


async def start_recovery(
    core: Core, caller: Human, account: str, *, reason: str
) -> AccountInDetail:
    """Start the recovery of an account. Its second factors are removed 24 hours later.

    Every address of the account gets an email, and each of its vaults shows it. The password isn't changed.
    Needs step-up. Raises `Conflict` if the account isn't active, has no second factor, or is already being
    recovered.
    """
    require_name(reason, field="reason", most=REASON_LENGTH)
    async with gate.perform(core, caller, RECOVERY_START, account) as act:
        await lock_account(act, account)
        username = await act.connection.fetchval(_NAME, account)
        if username is None:
            raise Conflict("this account isn't active")
        if not await has_factor(act, account):
            raise Conflict(
                "this account has no second factor; for a new password, run strongroom-server reset-link"
            )
        if await is_pending(act.connection, account):
            raise Conflict("this account is already being recovered")
        await begin_recovery(core, act, account, username, since=None)
        act.record(reason=reason)
        await tell_vaults(act, account)
        return await detail_of(act.connection, account)


async def stop_recovery(core: Core, caller: Human, account: str) -> AccountInDetail:
    """Cancel the recovery of an account. Raises `Conflict` if it isn't being recovered."""
    async with gate.perform(core, caller, RECOVERY_STOP, account) as act:
        await end_recovery(core, act, account)
        return await detail_of(act.connection, account)
