"""Cleans up expired ephemeral machines and key files (M-4, M-6).

Decisions about requests use the clock, so nothing depends on when this runs.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from strongroom_core.access import gate
from strongroom_core.access.actions.machines import MACHINE_EXPIRE, MACHINE_TIDY
from strongroom_core.grants.changes import given_and_taken, grants_of_machine
from strongroom_core.kernel.errors import NotFound
from strongroom_core.machines.lifecycle import forget_machine_rows

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import System

KEPT = timedelta(days=30)
"""How long an expired ephemeral machine is kept."""


async def expire_machine(core: Core, caller: System, machine: str) -> None:
    """Disable an ephemeral machine that has expired. Raises `NotFound` if there is nothing to do."""
    async with gate.perform(core, caller, MACHINE_EXPIRE, machine) as act:
        changed = await act.connection.fetchval(
            "update machine set enabled = false, revision = revision + 1 where id = $1 and enabled"
            " and enrolled_by = 'ephemeral' and expires_at <= $2 returning true",
            UUID(machine),
            act.at,
        )
        if not changed:
            raise NotFound("machine")


async def tidy_machine(core: Core, caller: System, machine: str) -> None:
    """Delete an ephemeral machine 30 days after its expiry. Raises `NotFound` if there is nothing to do."""
    async with gate.perform(core, caller, MACHINE_TIDY, machine) as act:
        held = await grants_of_machine(act.connection, UUID(machine))
        due = await act.connection.fetchval(
            "select true from machine where id = $1 and enrolled_by = 'ephemeral' and expires_at <= $2",
            UUID(machine),
            act.at - KEPT,
        )
        if not due:
            raise NotFound("machine")
        await forget_machine_rows(act.connection, UUID(machine))
        act.record(**given_and_taken(held, [], paths=True))
