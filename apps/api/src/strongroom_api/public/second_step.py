"""The second step of signing in, and signing in with a passkey alone (A-3)."""

from typing import Any

from litestar import Response, post
from litestar.params import JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.cookies import device_token, step_token
from strongroom_api.public.signed_in import LogInAnswer, signed_in
from strongroom_core.access.actions.accounts import ACCOUNT_LOGIN, PASSKEY_ASK
from strongroom_core.access.operations import strangers
from strongroom_core.accounts.proofs.prove import Presented
from strongroom_core.accounts.second_step import (
    create_sign_in_options,
    prove_second_factor,
    sign_in_with_passkey,
)


class SecondFactor(Body, kw_only=True, frozen=True):
    """One second factor: a `code` from an app, a recovery code, or a `passkey`'s response."""

    code: str | None = None
    passkey: dict[str, Any] | None = None


class PasskeyAnswer(Body, kw_only=True, frozen=True):
    """A passkey's response, as returned by `PublicKeyCredential.toJSON()`."""

    passkey: dict[str, Any]


@post(
    "/session/second-factor",
    operation_id="secondFactor",
    opt={"operation": strangers(ACCOUNT_LOGIN, needs="the first step's cookie")},
    status_code=200,
)
async def second_factor(request: ApiRequest, data: JSONBody[SecondFactor]) -> Response[LogInAnswer]:
    """Finish a sign-in with a second factor. The session is in the cookies, not in the body."""
    settings, cookies = request.core.settings, request.headers.getall("cookie", [])
    opened = await prove_second_factor(
        request.core,
        request.visitor,
        step_token(cookies, settings),
        Presented(data.code, data.passkey),
        device_token=device_token(cookies, settings),
    )
    return signed_in(settings, opened)


@post(
    "/session/passkey-options",
    operation_id="passkeyOptions",
    opt={"operation": strangers(PASSKEY_ASK)},
    status_code=200,
)
async def options(request: ApiRequest) -> dict[str, Any]:
    """Return the options for `navigator.credentials.get`, in either step of a sign-in."""
    cookies = request.headers.getall("cookie", [])
    step = step_token(cookies, request.core.settings)
    return await create_sign_in_options(request.core, request.visitor, step)


@post(
    "/session/passkey",
    operation_id="passkey",
    opt={"operation": strangers(ACCOUNT_LOGIN)},
    status_code=200,
)
async def passkey(request: ApiRequest, data: JSONBody[PasskeyAnswer]) -> Response[LogInAnswer]:
    """Sign in with a passkey, without a password. The session is in the cookies, not in the body."""
    settings = request.core.settings
    opened = await sign_in_with_passkey(
        request.core,
        request.visitor,
        data.passkey,
        device_token=device_token(request.headers.getall("cookie", []), settings),
    )
    return signed_in(settings, opened)


HANDLERS: list[Any] = [second_factor, options, passkey]
