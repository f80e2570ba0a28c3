"""A person's own account: email address, username, password, and closing it (A-1, A-5)."""

from datetime import datetime
from typing import Any

from litestar import Response, get, patch, post
from litestar.params import JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.cookies import expired_session_cookie, session_cookie
from strongroom_core.access.actions.accounts import (
    ACCOUNT_CLOSE,
    ACCOUNT_EMAIL_ASK,
    ACCOUNT_PASSWORD,
    ACCOUNT_RENAME,
    ACCOUNT_VIEW,
    RECOVERY_CANCEL,
)
from strongroom_core.access.operations import people
from strongroom_core.accounts import change, close
from strongroom_core.accounts.change import read_account
from strongroom_core.accounts.close import read_closing
from strongroom_core.accounts.recovery import cancel_recovery
from strongroom_core.accounts.views import AccountView, Closing, EmailAsked, Renamed
from strongroom_core.kernel.view import View


class Username(Body, kw_only=True, frozen=True):
    """The new username."""

    username: str


class NewEmail(Body, kw_only=True, frozen=True):
    """The new email address."""

    email: str


class OwnPassword(Body, kw_only=True, frozen=True):
    """The new password. With `endKeys`, programs that act for you need new keys."""

    password: str
    end_keys: bool = True


class Left(Body, kw_only=True, frozen=True):
    """The IDs of the vaults that will have no owner, as returned by `readClosing`.

    With `deleteVaults`, they are permanently deleted 30 days later.
    """

    vaults: list[str]
    delete_vaults: bool = False


class PasswordAnswer(View):
    """When the password was changed, and when the session ends."""

    changed_at: datetime
    expires_at: datetime


@get("/account", operation_id="readAccount", opt={"operation": people(ACCOUNT_VIEW)})
async def read(request: ApiRequest) -> AccountView:
    """Return your own account."""
    return await read_account(request.core, request.person)


@patch("/account", operation_id="updateAccount", opt={"operation": people(ACCOUNT_RENAME)})
async def update(request: ApiRequest, data: JSONBody[Username]) -> Renamed:
    """Change your username. Earlier events keep the old one."""
    return await change.change_username(request.core, request.person, data.username)


@post(
    "/account/change-email",
    operation_id="changeEmail",
    opt={"operation": people(ACCOUNT_EMAIL_ASK)},
    status_code=202,
)
async def change_email(request: ApiRequest, data: JSONBody[NewEmail]) -> EmailAsked:
    """Request a change of your email address. Opening the link sent to the new address confirms it."""
    return await change.ask_for_email(request.core, request.person, data.email)


@post(
    "/account/change-password",
    operation_id="changePassword",
    opt={"operation": people(ACCOUNT_PASSWORD)},
    status_code=200,
)
async def change_password(
    request: ApiRequest, data: JSONBody[OwnPassword]
) -> Response[PasswordAnswer]:
    """Change your password. All other sessions end, and your keys unless you keep them.

    Returns a new session cookie.
    """
    proof = await change.change_password(
        request.core, request.person, data.password, keys=data.end_keys
    )
    return Response(
        PasswordAnswer(changed_at=proof.authenticated_at, expires_at=proof.expires_at),
        cookies=[session_cookie(request.core.settings, proof.token)],
    )


@get("/account/closing", operation_id="readClosing", opt={"operation": people(ACCOUNT_VIEW)})
async def closing(request: ApiRequest) -> Closing:
    """Return the vaults that closing your account would leave without an owner, and their machines."""
    return await read_closing(request.core, request.person)


@post(
    "/account/close",
    operation_id="closeAccount",
    opt={"operation": people(ACCOUNT_CLOSE)},
    status_code=204,
)
async def close_account(request: ApiRequest, data: JSONBody[Left]) -> Response[None]:
    """Close your account. Machines in the vaults that this leaves without an owner stop working."""
    await close.close_account(
        request.core, request.person, vaults=data.vaults, delete_vaults=data.delete_vaults
    )
    return Response(None, cookies=[expired_session_cookie(request.core.settings)])


@post(
    "/account/cancel-recovery",
    operation_id="cancelRecovery",
    opt={"operation": people(RECOVERY_CANCEL)},
    status_code=204,
)
async def cancel_own_recovery(request: ApiRequest) -> None:
    """Cancel the recovery of your account."""
    await cancel_recovery(request.core, request.person)


HANDLERS: list[Any] = [
    read,
    update,
    change_email,
    change_password,
    closing,
    close_account,
    cancel_own_recovery,
]
