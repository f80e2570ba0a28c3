"""The state shown in the frame of every page: pending machines, and anything blocked (V-4, R-8, U-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.audit import OVERVIEW_VIEW
from strongroom_core.access.visible import NO_ACCESS
from strongroom_core.kernel.authority import VaultCapability
from strongroom_core.overview.overview import frozen_among
from strongroom_core.overview.reach import reached_by
from strongroom_core.overview.views import Signals

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_VAULT = """
select name, allowlist_enabled and not exists (select from allowlist_entry) as blocked from vault
"""


async def read_signals(core: Core, caller: Human) -> Signals:
    """Return the vault's name, and the pending machines and frozen projects that the caller can see."""
    sees_machines = VaultCapability.MACHINES_VIEW in caller.authority.vault
    async with gate.perform(core, caller, OVERVIEW_VIEW) as act:
        vault = await act.connection.fetchrow(_VAULT)
        pending = None
        if sees_machines:
            pending = await act.connection.fetchval(
                "select count(*) from machine where approved_at is null"
            )
        reached = await reached_by(act.connection, caller)
    if vault is None:
        raise RuntimeError("a vault has its row")
    return Signals(
        vault_name=vault["name"],
        machines_pending=pending,
        frozen_projects=frozen_among(reached),
        machines_blocked=vault["blocked"],
        no_access=NO_ACCESS if caller.authority.access is None else None,
    )
