"""The two doors for people without a session: the one-time link of `init`, and log-in (A-1, A-6)."""

from datetime import datetime
from typing import Any

from litestar import Response, post
from litestar.params import JSONBody

from strongroom_api.answers import Answer
from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.cookies import device_cookie, device_token, session_cookie
from strongroom_core.accounts import login, setup


class NewOperator(Body, kw_only=True, frozen=True):
    """The operator's account, and the token of the link that allows it."""

    token: str
    email: str
    username: str
    password: str


class OperatorAnswer(Answer, kw_only=True, frozen=True):
    """The account that was made, and its vault."""

    username: str
    vault_id: str


class Credentials(Body, kw_only=True, frozen=True):
    """What a person logs in with."""

    email: str
    password: str


class LogInAnswer(Answer, kw_only=True, frozen=True):
    """Who is logged in now, in which vault they act, and until when."""

    username: str
    vault_id: str
    expires_at: datetime


@post("/setup", operation_id="setUp", status_code=201)
async def set_up(request: ApiRequest, data: JSONBody[NewOperator]) -> OperatorAnswer:
    """Make the operator's account by the one-time link that `init` printed."""
    made = await setup.set_up(
        request.core,
        request.visitor,
        data.token,
        email=data.email,
        username=data.username,
        password=data.password,
    )
    return OperatorAnswer(username=made.username, vault_id=made.vault)


@post("/login", operation_id="logIn", status_code=200)
async def log_in(request: ApiRequest, data: JSONBody[Credentials]) -> Response[LogInAnswer]:
    """Open a session. It is in the cookies, and nowhere in the body."""
    settings = request.core.settings
    session = await login.log_in(
        request.core,
        request.visitor,
        email=data.email,
        password=data.password,
        device_token=device_token(request.headers.getall("cookie", []), settings),
    )
    return Response(
        LogInAnswer(
            username=session.username, vault_id=session.vault, expires_at=session.expires_at
        ),
        cookies=[
            session_cookie(settings, session.token),
            device_cookie(settings, session.device_token),
        ],
    )


HANDLERS: list[Any] = [set_up, log_in]
