"""The person's own account: sessions, known browsers, events (A-4, A-11). No vault is involved."""

from typing import Any

from litestar import delete, get, post
from litestar.params import FromPath

from strongroom_api.callers import ApiRequest
from strongroom_api.human.lists import PAGED, Paged
from strongroom_core.access.actions.accounts import (
    ACCOUNT_VIEW,
    DEVICE_FORGET,
    SESSION_REVOKE,
    SESSIONS_REVOKE,
)
from strongroom_core.access.operations import people
from strongroom_core.accounts.activity import list_account_events
from strongroom_core.accounts.own_sessions import (
    delete_device,
    delete_session,
    end_other_sessions,
    list_devices,
    list_sessions,
)
from strongroom_core.accounts.views import AccountEvent, DeviceView, OwnSession, SessionsEnded
from strongroom_core.kernel.page import Items, Page


@get("/account/sessions", operation_id="listSessions", opt={"operation": people(ACCOUNT_VIEW)})
async def sessions(request: ApiRequest) -> Items[OwnSession]:
    """Return your sessions, most recently used first."""
    return await list_sessions(request.core, request.person)


@delete(
    "/account/sessions/{session_id:str}",
    operation_id="deleteSession",
    opt={"operation": people(SESSION_REVOKE)},
    status_code=204,
)
async def end_session(request: ApiRequest, session_id: FromPath[str]) -> None:
    """Sign out one of your sessions. Its next request is rejected."""
    await delete_session(request.core, request.person, session_id)


@post(
    "/account/end-other-sessions",
    operation_id="endOtherSessions",
    opt={"operation": people(SESSIONS_REVOKE)},
    status_code=200,
)
async def end_others(request: ApiRequest) -> SessionsEnded:
    """Sign out all your sessions except this one."""
    return await end_other_sessions(request.core, request.person)


@get("/account/devices", operation_id="listDevices", opt={"operation": people(ACCOUNT_VIEW)})
async def devices(request: ApiRequest) -> Items[DeviceView]:
    """Return the browsers with which you have signed in during the last year."""
    return await list_devices(request.core, request.person)


@delete(
    "/account/devices/{device_id:str}",
    operation_id="deleteDevice",
    opt={"operation": people(DEVICE_FORGET)},
    status_code=204,
)
async def forget(request: ApiRequest, device_id: FromPath[str]) -> None:
    """Forget a browser: its next sign-in is treated as from an unknown browser. Its sessions continue."""
    await delete_device(request.core, request.person, device_id)


@get(
    "/account/events",
    operation_id="listAccountEvents",
    opt={"operation": people(ACCOUNT_VIEW)},
    dependencies=PAGED,
)
async def events(request: ApiRequest, page: Paged) -> Page[AccountEvent]:
    """Return what happened to your account, newest first."""
    return await list_account_events(request.core, request.person, page)


HANDLERS: list[Any] = [sessions, end_session, end_others, devices, forget, events]
