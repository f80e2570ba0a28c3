"""The status of each error code, for the reference and for `docs/errors.md`."""

from http import HTTPStatus

from strongroom_api import errors
from strongroom_core.kernel import errors as kernel
from strongroom_wire.errors import Code, Met

_ONLY = {
    Code.WRONG_CREDENTIALS: {"signIn", "stepUp", "confirmSignUp"},
    Code.SETUP_LINK: {"setUp"},
    Code.SIGN_UP_CLOSED: {"signUp"},
    Code.ACCOUNT_LINK: {
        *("confirmSignUp", "resetPassword", "confirmEmail", "disownSession", "cancelRecoveryByLink")
    },
    Code.CROWDED: {
        "signIn",
        "setUp",
        "stepUp",
        "signUp",
        "confirmSignUp",
        "resetPassword",
        "changePassword",
        "createShare",
        "createProjectShare",
        "openShare",
    },
    Code.CAP_REACHED: {"createShare", "createProjectShare"},
}
"""Codes that only these operations return."""
LINKS = ("openShare", "useDropBox")
"""The operations on a one-time link, which any program that has the link can call."""
SIGNED = ("pollLoginRequest",)
"""Operations that are signed by a key that nobody has approved yet."""
_OF_SIGNATURES = {
    Code.AUTHENTICATION_FAILED,
    Code.NONCE_USED,
    Code.SIGNED_TOO_EARLY,
    Code.LOCKED_OUT,
}
_OF_PEOPLE = {
    Code.NO_CAPABILITY,
    Code.WRONG_PLANE,
    Code.NOT_AUTHENTICATED,
    Code.KEY_ENDED,
    Code.BROWSER_REQUIRED,
}
_OF_CHANGES = {Code.WRONG_ORIGIN, Code.CLIENT_HEADER_MISSING, Code.NAME_TAKEN, Code.CONFLICT}


def status_of(code: Code) -> int:
    """Return the status for a code, or 403 if the code has no error class."""
    kinds = [
        kind
        for module in (kernel, errors)
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, kernel.StrongroomError)
        and vars(kind).get("code") == code
    ]
    [status] = {errors.status_of(kind).value for kind in kinds or [kernel.Refused]}
    return status


def codes_of(
    name: str, status: HTTPStatus, *, person: bool, changes: bool, step_up: bool
) -> list[str]:
    """Return the codes with this status that an operation of the human API can return."""
    return sorted(
        code.value
        for code in Code
        if Met.PEOPLE in code.met
        and status_of(code) == status
        and name in _ONLY.get(code, {name})
        and (changes or code not in _OF_CHANGES)
        and (name not in LINKS or code is not Code.CLIENT_HEADER_MISSING)
        and (step_up or code is not Code.STEP_UP_REQUIRED)
        and (person or code not in _OF_PEOPLE)
        and (person or name in SIGNED or code not in _OF_SIGNATURES)
    )
