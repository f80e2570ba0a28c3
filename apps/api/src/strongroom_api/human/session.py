"""A person's own session: what it is, the fresh proof of identity, and its end (A-4, A-5)."""

from datetime import datetime
from typing import Any

from litestar import Response, delete, get, post
from litestar.params import JSONBody

from strongroom_api.answers import Answer
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.cookies import expired_session_cookie, session_cookie
from strongroom_core.accounts.sessions import end_session, read_session, step_up


class SessionAnswer(Answer, kw_only=True, frozen=True):
    """Who is logged in, and in which vault they act."""

    username: str
    vault_id: str
    vault_name: str
    operator: bool
    authenticated_at: datetime
    expires_at: datetime


class Password(Body, kw_only=True, frozen=True):
    """The password, typed once more."""

    password: str


class StepUpAnswer(Answer, kw_only=True, frozen=True):
    """When the person last proved who they are, and when the session ends."""

    authenticated_at: datetime
    expires_at: datetime


@get("/session", operation_id="readSession")
async def read(request: ApiRequest) -> SessionAnswer:
    """Return the session that the cookie stands for."""
    view = await read_session(request.core, request.person)
    return SessionAnswer(
        username=view.username,
        vault_id=view.vault,
        vault_name=view.vault_name,
        operator=view.operator,
        authenticated_at=view.authenticated_at,
        expires_at=view.expires_at,
    )


@post("/session/step-up", operation_id="stepUp", status_code=200)
async def prove(request: ApiRequest, data: JSONBody[Password]) -> Response[StepUpAnswer]:
    """Take a fresh proof of identity; the session goes on under a new cookie."""
    proof = await step_up(request.core, request.person, data.password)
    return Response(
        StepUpAnswer(authenticated_at=proof.authenticated_at, expires_at=proof.expires_at),
        cookies=[session_cookie(request.core.settings, proof.token)],
    )


@delete("/session", operation_id="logOut", status_code=204)
async def log_out(request: ApiRequest) -> Response[None]:
    """End the session, and have the browser forget what it kept of it (CVE-2021-38554)."""
    await end_session(request.core, request.person)
    return Response(
        None,
        cookies=[expired_session_cookie(request.core.settings)],
        headers={"Clear-Site-Data": '"cache", "storage"'},
    )


HANDLERS: list[Any] = [read, prove, log_out]
