"""A person's own sessions and known browsers: listing them, signing out, forgetting browsers (A-4, A-6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_core.access import gate
from strongroom_core.access.actions.accounts import (
    ACCOUNT_VIEW,
    DEVICE_FORGET,
    SESSION_REVOKE,
    SESSIONS_REVOKE,
)
from strongroom_core.accounts.renewal import end_others
from strongroom_core.accounts.views import DeviceView, OwnSession, SessionsEnded
from strongroom_core.kernel.browser import describe_browser
from strongroom_core.kernel.page import Items

if TYPE_CHECKING:
    from strongroom_core.core import Core
    from strongroom_core.kernel.caller import Human

_SESSIONS = "select * from sessions_of($1, $2, $3, $4)"
_DEVICES = "select * from devices_of($1, $2)"


async def list_sessions(core: Core, caller: Human) -> Items[OwnSession]:
    """Return the person's live sessions, most recently used first."""
    async with gate.perform(core, caller, ACCOUNT_VIEW) as act:
        rows = await act.connection.fetch(
            _SESSIONS,
            caller.account,
            act.at,
            act.at - core.settings.session_idle,
            act.at - core.settings.session_absolute,
        )
    return Items(
        items=[
            OwnSession.of_row(
                row,
                without=["user_agent"],
                browser=describe_browser(row["user_agent"]),
                country=core.countries.country_of(row["address"]),
                current=row["id"] == caller.session,
            )
            for row in rows
        ]
    )


async def delete_session(core: Core, caller: Human, session: str) -> None:
    """Sign out one of the person's sessions. Raises `NotFound` for any other."""
    async with gate.perform(core, caller, SESSION_REVOKE, session) as act:
        await act.connection.execute("delete from session where id = $1", session)


async def end_other_sessions(core: Core, caller: Human) -> SessionsEnded:
    """Sign out all of the person's sessions except this one."""
    async with gate.perform(core, caller, SESSIONS_REVOKE) as act:
        number = await end_others(act, caller)
        act.record(sessions=number)
    return SessionsEnded(ended=number)


async def list_devices(core: Core, caller: Human) -> Items[DeviceView]:
    """Return the browsers with which the person has signed in during the last year."""
    async with gate.perform(core, caller, ACCOUNT_VIEW) as act:
        rows = await act.connection.fetch(_DEVICES, caller.account, act.at)
    return Items(
        items=[
            DeviceView.of_row(
                row,
                without=["user_agent"],
                browser=describe_browser(row["user_agent"]),
                country=core.countries.country_of(row["address"]),
            )
            for row in rows
        ]
    )


async def delete_device(core: Core, caller: Human, device: str) -> None:
    """Forget a browser: its next sign-in is treated as from an unknown browser. Its sessions continue."""
    async with gate.perform(core, caller, DEVICE_FORGET, device) as act:
        await act.connection.execute("delete from device where id = $1", device)
