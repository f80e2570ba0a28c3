"""The response to a sign-in: a session, or the kinds of second factor that it needs."""

from datetime import datetime

from litestar import Response

from strongroom_api.cookies import (
    device_cookie,
    expired_step_cookie,
    session_cookie,
    step_cookie,
)
from strongroom_core.accounts.views import FactorNeeded, LoggedIn
from strongroom_core.kernel.view import View
from strongroom_core.settings import Settings


class LogInAnswer(View):
    """Who is signed in, in which vault, and until when.

    If `secondFactors` isn't empty, nobody is signed in yet: it lists the kinds that finish the sign-in.
    """

    username: str | None
    vault_id: str | None
    expires_at: datetime | None
    second_factors: list[str]


def signed_in(settings: Settings, result: LoggedIn | FactorNeeded) -> Response[LogInAnswer]:
    """Return the response, with the tokens in cookies."""
    if isinstance(result, FactorNeeded):
        answer = LogInAnswer(
            username=None, vault_id=None, expires_at=None, second_factors=result.methods
        )
        return Response(answer, cookies=[step_cookie(settings, result.token)])
    answer = LogInAnswer(
        username=result.username,
        vault_id=result.vault,
        expires_at=result.expires_at,
        second_factors=[],
    )
    cookies = [
        session_cookie(settings, result.token),
        device_cookie(settings, result.device_token),
        expired_step_cookie(settings),
    ]
    return Response(answer, cookies=cookies)
