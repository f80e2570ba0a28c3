"""The user's own session: reading it, step-up authentication, and signing out (A-4, A-5)."""

from datetime import datetime
from typing import Any

from litestar import Response, delete, get, post
from litestar.params import JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.cookies import expired_session_cookie, session_cookie
from strongroom_core.access.actions.accounts import (
    PASSKEY_ASK,
    SESSION_END,
    SESSION_STEP_UP,
    SESSION_VIEW,
)
from strongroom_core.access.operations import people
from strongroom_core.accounts.proofs.prove import Presented
from strongroom_core.accounts.sessions import end_session, read_session
from strongroom_core.accounts.step_up import create_step_up_options, step_up
from strongroom_core.accounts.views import SessionView
from strongroom_core.kernel.view import View


class Proof(Body, kw_only=True, frozen=True):
    """The password and, if the user has a second factor, a `code` or a `passkey`; or only a passkey."""

    password: str | None = None
    code: str | None = None
    passkey: dict[str, Any] | None = None


class StepUpAnswer(View):
    """When the user last confirmed their identity, and when the session ends."""

    authenticated_at: datetime
    expires_at: datetime


@get("/session", operation_id="readSession", opt={"operation": people(SESSION_VIEW)})
async def read(request: ApiRequest) -> SessionView:
    """Return the current session."""
    return await read_session(request.core, request.person)


@post(
    "/session/step-up",
    operation_id="stepUp",
    opt={"operation": people(SESSION_STEP_UP)},
    status_code=200,
)
async def prove(request: ApiRequest, data: JSONBody[Proof]) -> Response[StepUpAnswer]:
    """Confirm your identity (step-up authentication). Returns a new session cookie."""
    second = None
    if data.code is not None or data.passkey is not None:
        second = Presented(data.code, data.passkey)
    proof = await step_up(request.core, request.person, password=data.password, second=second)
    return Response(
        StepUpAnswer(authenticated_at=proof.authenticated_at, expires_at=proof.expires_at),
        cookies=[session_cookie(request.core.settings, proof.token)],
    )


@post(
    "/session/step-up-options",
    operation_id="stepUpOptions",
    opt={"operation": people(PASSKEY_ASK)},
    status_code=200,
)
async def options(request: ApiRequest) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get`, to confirm your identity with a passkey."""
    return await create_step_up_options(request.core, request.person)


@delete("/session", operation_id="signOut", opt={"operation": people(SESSION_END)}, status_code=204)
async def log_out(request: ApiRequest) -> Response[None]:
    """Sign out, and tell the browser to clear what it has stored for this site."""
    await end_session(request.core, request.person)
    return Response(
        None,
        cookies=[expired_session_cookie(request.core.settings)],
        headers={"Clear-Site-Data": '"cache", "storage"'},
    )


HANDLERS: list[Any] = [read, prove, options, log_out]
