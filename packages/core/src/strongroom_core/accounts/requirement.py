"""Whether a vault requires all its members to have a second factor (A-3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import FACTOR_REQUIRE
from strongroom_core.access.delegation import refuse_unless_owner
from strongroom_core.accounts.views import VaultRequirement
from strongroom_core.kernel.errors import Conflict

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_OWN = "select app_added_at is not null or passkeys > 0 from factors_of($1)"


async def set_factor_requirement(core: Core, caller: Human, *, required: bool) -> VaultRequirement:
    """Require all members of the vault to have a second factor from their next request, or stop requiring it.

    In sessions without one, members can then do nothing in the vault except add one. Raises `Conflict` if the
    caller has none, because they would lock themselves out. Only an owner can stop requiring it; raises
    `Refused` for others.
    """
    async with gate.perform(core, caller, FACTOR_REQUIRE) as act:
        refusal = refuse_unless_owner(caller.authority, "stop requiring a second factor")
        if not required and refusal is not None:
            raise refusal
        if required and not await act.connection.fetchval(_OWN, caller.account):
            raise Conflict("add a second factor under Your security before you require one")
        await act.connection.execute(
            "update vault set second_factor_required = $2 where id = $1", act.vault, required
        )
        act.record(required=required)
    return VaultRequirement(required=required)
