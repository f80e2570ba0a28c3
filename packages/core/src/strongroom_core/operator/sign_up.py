"""Closes and reopens sign-up (A-1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.operator import SIGN_UP_CLOSE, SIGN_UP_OPEN
from strongroom_core.accounts.opening import put_sign_up_open

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human


async def close_sign_up(core: Core, caller: Human) -> None:
    """Stop people from signing up, except those with an invitation."""
    async with gate.perform(core, caller, SIGN_UP_CLOSE) as act:
        await put_sign_up_open(act.connection, is_open=False)


async def open_sign_up(core: Core, caller: Human) -> None:
    """Allow people to sign up again."""
    async with gate.perform(core, caller, SIGN_UP_OPEN) as act:
        await put_sign_up_open(act.connection, is_open=True)
