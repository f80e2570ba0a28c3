"""What people can do without a session: sign up, and use the links in their emails (A-1, A-7)."""

from typing import Any

from litestar import post
from litestar.params import JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_core.access.actions.accounts import (
    ACCOUNT_CREATE,
    ACCOUNT_DISOWN,
    ACCOUNT_EMAIL_CHANGE,
    ACCOUNT_RESET,
    ACCOUNT_RESET_ASK,
    ACCOUNT_SIGN_UP,
    RECOVERY_CANCEL,
)
from strongroom_core.access.actions.members import INVITATION_OPEN
from strongroom_core.access.operations import strangers
from strongroom_core.accounts.change import confirm_email as confirm_new_email
from strongroom_core.accounts.disown import disown_session
from strongroom_core.accounts.recovery import cancel_recovery_by_link
from strongroom_core.accounts.reset import ask_for_reset
from strongroom_core.accounts.reset import reset_password as set_password
from strongroom_core.accounts.sign_up import create_account
from strongroom_core.accounts.sign_up import sign_up as remember_sign_up
from strongroom_core.accounts.views import Asked, Renamed, SetUp
from strongroom_core.members.joining import open_invitation
from strongroom_core.members.views import OpenedInvitation


class NewPerson(Body, kw_only=True, frozen=True):
    """Someone who wants an account. `invitation` is the token of an invitation's link, if they have one."""

    email: str
    username: str
    password: str
    invitation: str | None = None


class Confirmation(Body, kw_only=True, frozen=True):
    """The token from the link in the email, the password that was chosen at sign-up, and a username.

    The username is needed only if the first one is taken.
    """

    token: str
    password: str
    username: str | None = None


class Address(Body, kw_only=True, frozen=True):
    """The email address of an account."""

    email: str


class NewPassword(Body, kw_only=True, frozen=True):
    """The token from the link in the email, and the new password."""

    token: str
    password: str


class Token(Body, kw_only=True, frozen=True):
    """The token from the link in the email."""

    token: str


@post(
    "/sign-up",
    operation_id="signUp",
    opt={"operation": strangers(ACCOUNT_SIGN_UP)},
    status_code=202,
)
async def sign_up(request: ApiRequest, data: JSONBody[NewPerson]) -> Asked:
    """Sign up. The account is created when the link in the email is opened.

    The response is the same even if the address has an account or the username is taken. An invitation lets
    its address sign up while sign-up is closed.
    """
    return await remember_sign_up(
        request.core,
        request.visitor,
        email=data.email,
        username=data.username,
        password=data.password,
        invitation=data.invitation,
    )


@post(
    "/sign-up/confirm",
    operation_id="confirmSignUp",
    opt={"operation": strangers(ACCOUNT_CREATE)},
    status_code=201,
)
async def confirm_sign_up(request: ApiRequest, data: JSONBody[Confirmation]) -> SetUp:
    """Confirm the email address: create the account and its personal vault.

    The password is the one chosen at sign-up, so only the person who chose it gets the account.
    """
    return await create_account(
        request.core,
        request.visitor,
        data.token,
        password=data.password,
        username=data.username or None,
    )


@post(
    "/password/forgot",
    operation_id="forgotPassword",
    opt={"operation": strangers(ACCOUNT_RESET_ASK)},
    status_code=202,
)
async def forgot_password(request: ApiRequest, data: JSONBody[Address]) -> Asked:
    """Request a link for setting a new password. The response is the same if no account has the address."""
    return await ask_for_reset(request.core, request.visitor, data.email)


@post(
    "/password/reset",
    operation_id="resetPassword",
    opt={"operation": strangers(ACCOUNT_RESET)},
    status_code=200,
)
async def reset_password(request: ApiRequest, data: JSONBody[NewPassword]) -> Renamed:
    """Choose a new password. All sessions end, and signing in still needs the second factor."""
    return await set_password(request.core, request.visitor, data.token, password=data.password)


@post(
    "/email/confirm",
    operation_id="confirmEmail",
    opt={"operation": strangers(ACCOUNT_EMAIL_CHANGE)},
    status_code=200,
)
async def confirm_email(request: ApiRequest, data: JSONBody[Token]) -> Renamed:
    """Confirm a new email address, which replaces the old one."""
    return await confirm_new_email(request.core, request.visitor, data.token)


@post(
    "/session/disown",
    operation_id="disownSession",
    opt={"operation": strangers(ACCOUNT_DISOWN)},
    status_code=200,
)
async def disown(request: ApiRequest, data: JSONBody[Token]) -> Asked:
    """End a session that someone else started, and all others. The password then stops working.

    If the account was changed since that session began, its recovery starts, which undoes this in 24 hours.
    """
    return await disown_session(request.core, request.visitor, data.token)


@post(
    "/invitations/open",
    operation_id="openInvitation",
    opt={"operation": strangers(INVITATION_OPEN)},
    status_code=200,
)
async def open_one(request: ApiRequest, data: JSONBody[Token]) -> OpenedInvitation:
    """Return what an invitation's link is about. To accept it, sign in with the invited address."""
    return await open_invitation(request.core, request.visitor, data.token)


@post(
    "/recovery/cancel",
    operation_id="cancelRecoveryByLink",
    opt={"operation": strangers(RECOVERY_CANCEL)},
    status_code=200,
)
async def cancel_recovery(request: ApiRequest, data: JSONBody[Token]) -> Renamed:
    """Cancel the recovery of an account, with the link in the email about it."""
    return await cancel_recovery_by_link(request.core, request.visitor, data.token)


HANDLERS: list[Any] = [
    sign_up,
    confirm_sign_up,
    forgot_password,
    reset_password,
    confirm_email,
    disown,
    open_one,
    cancel_recovery,
]
