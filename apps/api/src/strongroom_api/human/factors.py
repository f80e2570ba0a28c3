"""The person's second factors (A-3). Anything shown only once is in the response and nowhere else."""

from typing import Any

from litestar import Response, delete, get, post, put
from litestar.datastructures import Cookie
from litestar.params import FromPath, JSONBody

from strongroom_api.bodies import Body
from strongroom_api.callers import ApiRequest
from strongroom_api.cookies import session_cookie
from strongroom_api.links.qr_code import QrCode, qr_code
from strongroom_core.access.actions.accounts import (
    ACCOUNT_VIEW,
    APP_ADD,
    APP_REMOVE,
    APP_START,
    CODES_CREATE,
    FACTOR_REQUIRE,
    PASSKEY_ADD,
    PASSKEY_REMOVE,
    PASSKEY_START,
)
from strongroom_core.access.operations import people
from strongroom_core.accounts.authenticator_app import (
    confirm_app,
    create_recovery_codes,
    remove_app,
    start_app,
)
from strongroom_core.accounts.factors import read_factors
from strongroom_core.accounts.passkeys import add_passkey, remove_passkey, start_passkey
from strongroom_core.accounts.requirement import set_factor_requirement
from strongroom_core.accounts.views import FactorChanged, FactorsView, VaultRequirement
from strongroom_core.kernel.view import View


class AppCode(Body, kw_only=True, frozen=True):
    """The code that the app shows."""

    code: str


class NewPasskey(Body, kw_only=True, frozen=True):
    """A name, and what `PublicKeyCredential.toJSON()` returned for the new passkey."""

    name: str
    credential: dict[str, Any]


class FactorRequirement(Body, kw_only=True, frozen=True):
    """Whether the vault requires a second factor."""

    required: bool


class StartedApp(View):
    """An authenticator app's secret: as text, as a link, and as a QR code. It is shown only once."""

    secret: str
    link: str
    qr: QrCode

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


class NewCodes(View):
    """Recovery codes. They are shown only once; empty if the old ones still work."""

    codes: list[str]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


@get("/account/factors", operation_id="readFactors", opt={"operation": people(ACCOUNT_VIEW)})
async def factors(request: ApiRequest) -> FactorsView:
    """Return your second factors, and which of your vaults require one."""
    return await read_factors(request.core, request.person)


@post(
    "/account/app",
    operation_id="createApp",
    opt={"operation": people(APP_START)},
    status_code=201,
)
async def start(request: ApiRequest) -> StartedApp:
    """Create the secret for an authenticator app. It has no effect until it is confirmed with a code."""
    made = await start_app(request.core, request.person)
    return StartedApp(secret=made.secret, link=made.link, qr=qr_code(made.link))


@post(
    "/account/app/confirm",
    operation_id="confirmApp",
    opt={"operation": people(APP_ADD)},
    status_code=200,
)
async def confirm(request: ApiRequest, data: JSONBody[AppCode]) -> Response[NewCodes]:
    """Add the authenticator app, or replace the previous one. Ends your other sessions."""
    return _changed(request, await confirm_app(request.core, request.person, data.code))


@delete(
    "/account/app",
    operation_id="deleteApp",
    opt={"operation": people(APP_REMOVE)},
    status_code=204,
)
async def remove(request: ApiRequest) -> Response[None]:
    """Remove the authenticator app. Ends your other sessions."""
    return _removed(request, await remove_app(request.core, request.person))


@post(
    "/account/recovery-codes",
    operation_id="createRecoveryCodes",
    opt={"operation": people(CODES_CREATE)},
    status_code=201,
)
async def codes(request: ApiRequest) -> Response[NewCodes]:
    """Create ten recovery codes. The old ones no longer work. Ends your other sessions."""
    return _changed(
        request, await create_recovery_codes(request.core, request.person), status_code=201
    )


@post(
    "/account/options-for-passkey",
    operation_id="optionsForPasskey",
    opt={"operation": people(PASSKEY_START)},
    status_code=200,
)
async def passkey_options(request: ApiRequest) -> dict[str, Any]:
    """Return the options for `navigator.credentials.create`."""
    return await start_passkey(request.core, request.person)


@post(
    "/account/passkeys",
    operation_id="createPasskey",
    opt={"operation": people(PASSKEY_ADD)},
    status_code=201,
)
async def new_passkey(request: ApiRequest, data: JSONBody[NewPasskey]) -> Response[NewCodes]:
    """Add a passkey that the browser has created. Ends your other sessions."""
    changed = await add_passkey(
        request.core, request.person, name=data.name, credential=data.credential
    )
    return _changed(request, changed, status_code=201)


@delete(
    "/account/passkeys/{passkey_id:str}",
    operation_id="deletePasskey",
    opt={"operation": people(PASSKEY_REMOVE)},
    status_code=204,
)
async def delete_passkey(request: ApiRequest, passkey_id: FromPath[str]) -> Response[None]:
    """Remove a passkey. Ends your other sessions."""
    return _removed(request, await remove_passkey(request.core, request.person, passkey_id))


@put(
    "/vault/second-factor",
    operation_id="setFactorRequirement",
    opt={"operation": people(FACTOR_REQUIRE)},
)
async def require(request: ApiRequest, data: JSONBody[FactorRequirement]) -> VaultRequirement:
    """Require everyone in the vault to have a second factor, or stop requiring it."""
    return await set_factor_requirement(request.core, request.person, required=data.required)


def _cookies(request: ApiRequest, changed: FactorChanged) -> list[Cookie]:
    return [session_cookie(request.core.settings, changed.token)]


def _changed(
    request: ApiRequest, changed: FactorChanged, *, status_code: int = 200
) -> Response[NewCodes]:
    return Response(
        NewCodes(codes=changed.codes), status_code=status_code, cookies=_cookies(request, changed)
    )


def _removed(request: ApiRequest, changed: FactorChanged) -> Response[None]:
    return Response(None, cookies=_cookies(request, changed))


HANDLERS: list[Any] = [
    factors,
    start,
    confirm,
    remove,
    codes,
    passkey_options,
    new_passkey,
    delete_passkey,
    require,
]
