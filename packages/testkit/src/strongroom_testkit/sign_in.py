"""Signing in with only the password, for tests with people who have no second factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.accounts import login
from strongroom_core.accounts.views import LoggedIn

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Visitor


async def log_in(
    core: Core, caller: Visitor, *, email: str, password: str, device_token: str | None
) -> LoggedIn:
    """Return the session. Raises `TypeError` for an account with a second factor."""
    opened = await login.log_in(
        core, caller, email=email, password=password, device_token=device_token
    )
    if not isinstance(opened, LoggedIn):
        raise TypeError("this account has a second factor")
    return opened
