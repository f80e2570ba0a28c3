"""The two operations that work without a session: using the setup link, and signing in (A-1, A-6)."""

from typing import Any

from litestar import Response, post
from litestar.params import JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.cookies import device_token
from strongroom_api.public.signed_in import LogInAnswer, signed_in
from strongroom_core.access.actions.accounts import ACCOUNT_LOGIN
from strongroom_core.access.actions.installation import INSTALLATION_SETUP
from strongroom_core.access.operations import strangers
from strongroom_core.accounts import login, setup
from strongroom_core.accounts.views import SetUp


class NewOperator(Body, kw_only=True, frozen=True):
    """The administrator's account, and the token of the setup link."""

    token: str
    email: str
    username: str
    password: str


class Credentials(Body, kw_only=True, frozen=True):
    """A user's email and password."""

    email: str
    password: str


@post(
    "/setup",
    operation_id="setUp",
    opt={"operation": strangers(INSTALLATION_SETUP)},
    status_code=201,
)
async def set_up(request: ApiRequest, data: JSONBody[NewOperator]) -> SetUp:
    """Create the administrator account with the one-time setup link that `init` printed."""
    return await setup.set_up(
        request.core,
        request.visitor,
        data.token,
        email=data.email,
        username=data.username,
        password=data.password,
    )


@post(
    "/session",
    operation_id="signIn",
    opt={"operation": strangers(ACCOUNT_LOGIN)},
    status_code=200,
)
async def log_in(request: ApiRequest, data: JSONBody[Credentials]) -> Response[LogInAnswer]:
    """Sign in. The session is in the cookies, not in the body.

    An account with a second factor isn't signed in yet: continue with secondFactor.
    """
    settings = request.core.settings
    result = await login.log_in(
        request.core,
        request.visitor,
        email=data.email,
        password=data.password,
        device_token=device_token(request.headers.getall("cookie", []), settings),
    )
    return signed_in(settings, result)


HANDLERS: list[Any] = [set_up, log_in]
