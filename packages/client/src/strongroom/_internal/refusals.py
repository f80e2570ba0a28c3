"""Turns error responses into exceptions: the server's message, with our hint."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from strongroom._internal import sanitize
from strongroom._internal.connections import Answer
from strongroom._internal.system import unix_seconds
from strongroom.errors import (
    AccessDenied,
    AuthenticationFailed,
    BrowserRequired,
    ClockSkewed,
    Conflict,
    Frozen,
    MachineExpired,
    NotFound,
    Rejected,
    Sealed,
    ServerError,
    StepUpRequired,
    StrongroomError,
    TooLarge,
    TooMany,
    Unavailable,
)
from strongroom_wire.errors import Code

LONGEST_SENTENCE = 300
LOCKED_BY_WHOM = (
    "any program at this IP address may have caused it, such as a revoked machine that keeps trying"
)
_REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = 300, 400, 500
_GATEWAYS = (502, 503, 504)
_LASTING = (Code.AUTHENTICATION_FAILED, Code.MACHINE_EXPIRED, Code.KEY_ENDED)


@dataclass(frozen=True, slots=True)
class _Refusal:
    """The exception for a code and status, with a hint about what to do.

    `what` replaces the server's message if that message already includes the hint.
    """

    status: int
    kind: type[StrongroomError]
    hint: str = ""
    what: str | None = None


_BY_CODE: dict[str, _Refusal] = {
    Code.INVALID: _Refusal(400, Rejected),
    Code.AUTHENTICATION_FAILED: _Refusal(
        401,
        AuthenticationFailed,
        "the key, machine and server don't match; was the machine revoked?",
    ),
    Code.NONCE_USED: _Refusal(
        401, AuthenticationFailed, "try again: each attempt is signed with a new nonce"
    ),
    Code.SIGNED_TOO_EARLY: _Refusal(
        401, AuthenticationFailed, "try again at the time given in this message"
    ),
    Code.MACHINE_EXPIRED: _Refusal(
        401, MachineExpired, "register it again", "this machine has expired"
    ),
    Code.MACHINE_PENDING: _Refusal(403, AccessDenied, "compare its fingerprint and approve it"),
    Code.MACHINE_DISABLED: _Refusal(403, AccessDenied, "a vault owner can enable it"),
    Code.ADDRESS_DENIED: _Refusal(
        403, AccessDenied, "a vault owner can add this address to the IP allowlist"
    ),
    Code.TEMP_MACHINE_BLOCKED: _Refusal(
        403, AccessDenied, "this machine can be used only from some addresses or at some times"
    ),
    Code.ENROLLMENT_REVOKED: _Refusal(403, AccessDenied, "create another enrollment token"),
    Code.ENROLLMENT_EXPIRED: _Refusal(403, AccessDenied, "create another enrollment token"),
    Code.ENROLLMENT_USED_UP: _Refusal(403, AccessDenied, "create another enrollment token"),
    Code.ENROLLMENT_ADDRESS: _Refusal(
        403, AccessDenied, "enroll from a network that the token allows"
    ),
    Code.ENROLLMENT_HOSTNAME: _Refusal(403, AccessDenied, "pass a hostname that the token allows"),
    Code.OWNER_INACTIVE: _Refusal(403, AccessDenied),
    Code.NO_GRANT: _Refusal(
        403, AccessDenied, "attach the machine to the project and grant it the secret"
    ),
    Code.POLICY_TIME: _Refusal(
        403,
        AccessDenied,
        "`strongroom explain` shows the allowed times; someone can change the policy",
    ),
    Code.POLICY_IP: _Refusal(
        403,
        AccessDenied,
        "`strongroom explain` shows the allowed addresses; someone can change the policy",
    ),
    Code.POLICY_COSIGN: _Refusal(
        403,
        AccessDenied,
        "`strongroom explain` shows which machine; try again after it has read the secret",
    ),
    Code.NOT_FOUND: _Refusal(404, NotFound),
    Code.METHOD_NOT_ALLOWED: _Refusal(405, Rejected),
    Code.CONFLICT: _Refusal(409, Conflict),
    Code.TOO_LARGE: _Refusal(413, TooLarge),
    Code.UNSUPPORTED_MEDIA_TYPE: _Refusal(415, Rejected),
    Code.FROZEN: _Refusal(423, Frozen, "its owner can unfreeze it", "the project is frozen"),
    Code.LOCKED_OUT: _Refusal(429, TooMany),
    Code.POLICY_RATE: _Refusal(429, TooMany),
    Code.TOO_MANY: _Refusal(429, TooMany),
    Code.INTEGRITY_FAILURE: _Refusal(500, ServerError),
    Code.INTERNAL_ERROR: _Refusal(500, ServerError),
    Code.CROWDED: _Refusal(429, TooMany),
    Code.SEALED: _Refusal(
        503, Sealed, "an administrator can unseal it with the root key", "the server is sealed"
    ),
    Code.NOT_INITIALISED: _Refusal(503, Unavailable),
    Code.UNAVAILABLE: _Refusal(503, Unavailable),
    Code.BUSY: _Refusal(503, Unavailable),
}
"""Every code that machines can get, each listed once."""

_TO_PEOPLE: dict[str, _Refusal] = {
    Code.AUTHENTICATION_FAILED: _Refusal(
        401,
        AuthenticationFailed,
        "it was revoked, has expired, or is for another server: sign in again",
        "the server doesn't accept this key",
    ),
    Code.NOT_AUTHENTICATED: _Refusal(
        401, AuthenticationFailed, "sign in again", "the server doesn't accept this key"
    ),
    Code.NO_CAPABILITY: _Refusal(403, AccessDenied),
    Code.KEY_ENDED: _Refusal(401, AuthenticationFailed, "sign in again"),
    Code.STEP_UP_REQUIRED: _Refusal(403, StepUpRequired),
    Code.BROWSER_REQUIRED: _Refusal(403, BrowserRequired),
    Code.SECOND_FACTOR_REQUIRED: _Refusal(
        403, AccessDenied, "add a second factor under Your security in the dashboard"
    ),
    Code.NOT_FOUND: _Refusal(404, NotFound),
    Code.CHANGED: _Refusal(
        412, Conflict, "someone else changed it; read it again, then repeat your change"
    ),
    Code.TOO_LARGE: _Refusal(413, TooLarge, "send or request less"),
    Code.GONE: _Refusal(410, NotFound),
}
"""What people get instead of the above, and the codes that only people get and that need a hint."""

_TOO_MANY: Mapping[str, str] = {
    Code.LOCKED_OUT: "too many failed attempts from this IP address",
    Code.POLICY_RATE: "the secret has been read as often as its policy allows",
}

_BY_STATUS: Mapping[int, type[StrongroomError]] = {
    401: AuthenticationFailed,
    403: AccessDenied,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    423: Frozen,
    429: TooMany,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}
"""Exceptions by status, for codes of a newer server that this client doesn't know."""

_BY_KIND: Mapping[type[StrongroomError], str] = {
    TooLarge: "export one project at a time",
    Unavailable: "try again in a moment",
}


def refusal(answer: Answer, codes: Mapping[str, _Refusal] = _BY_CODE) -> StrongroomError:
    """Return the exception for an error response to a machine.

    A response is treated as the server's only if it has the form of Strongroom's own problems. Anything else,
    such as an error page from a proxy whose server is down, means that the server is unreachable.
    """
    problem = _own_problem(answer, codes)
    error = _foreign(answer) if problem is None else _refused(answer.status, problem, codes)
    if isinstance(error, TooMany | Sealed | Unavailable):
        error.retry_after = _retry_after(answer)
    if isinstance(error, TooMany):
        locked_out = error.code == Code.LOCKED_OUT
        error.what = _TOO_MANY.get(error.code or "", "too many requests")
        hint = f"wait {error.retry_after} s" if error.retry_after else "wait a while"
        error.hint = f"{hint}; {LOCKED_BY_WHOM}" if locked_out else hint
    return error


def refusal_to_person(answer: Answer) -> StrongroomError:
    """Return the exception for an error response to a person."""
    return refusal(answer, _BY_CODE | _TO_PEOPLE)


def is_known(code: str | None) -> bool:
    """Whether this client knows a code. Unknown codes never cause anything to be deleted."""
    return code in _BY_CODE


def _refused(
    status: int, problem: Mapping[str, Any], codes: Mapping[str, _Refusal]
) -> StrongroomError:
    code = str(problem["code"])
    known = codes.get(code)
    if status == 401 and type(problem.get("serverTime")) is int:  # noqa: PLR2004 -- the status
        kind: type[StrongroomError] = ClockSkewed
    elif known is not None:
        kind = known.kind
    else:
        kind = _BY_STATUS.get(status, Rejected if status < _SERVER_ERRORS else ServerError)
    said = _sentence(problem) or f"the server answered {status}"
    what, hint = said, _BY_KIND.get(kind, "")
    if known is not None and known.hint:
        what, hint = known.what or said, known.hint
    error = kind(what, hint, status=status, code=code, request_id=problem["requestId"])
    if isinstance(error, ClockSkewed):
        _explain_skew(error, int(problem["serverTime"]))
    elif isinstance(error, AuthenticationFailed):
        error.lasting = code in _LASTING
    return error


def _foreign(answer: Answer) -> Unavailable:
    status = answer.status
    what, hint = (
        f"something other than Strongroom answered, with {status}",
        "check the URL, and whether a proxy or a login page is answering instead",
    )
    if status in _GATEWAYS:
        what, hint = f"the server answered {status}", "try again in a moment"
    elif _REDIRECTS <= status < _CLIENT_ERRORS:
        what, hint = (
            f"the server answered {status}, a redirect",
            "apiUrl must be the URL of the server itself",
        )
    request_id = sanitize.request_id(answer.headers.get("x-request-id"))
    return Unavailable(what, hint, status=status, request_id=request_id)


def _retry_after(answer: Answer) -> int:
    """Return the number of seconds in `Retry-After`, or 0 if it is missing or a date (RFC 9110, 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def _own_problem(answer: Answer, codes: Mapping[str, _Refusal]) -> dict[str, Any] | None:
    """Return the problem if it has all members of a Strongroom problem (WIRE, section 2), or None.

    A code alone isn't enough: many services use `not_found`.
    """
    try:
        found: Any = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    problem = cast("dict[str, Any]", found)
    code = sanitize.code(problem.get("code"))
    known = codes.get(code or "")
    own = (
        code is not None
        and problem.get("status") == answer.status >= _CLIENT_ERRORS
        and sanitize.request_id(problem.get("requestId")) is not None
        and (known is None or known.status == answer.status)
    )
    return problem if own else None


def _sentence(problem: Mapping[str, Any]) -> str | None:
    # Only machines get `error`; people get the same sentence as `detail`.
    said = _text(problem, "error" if "error" in problem else "detail")
    return said if said and said.isprintable() and len(said) <= LONGEST_SENTENCE else None


def _text(problem: Mapping[str, Any], name: str) -> str | None:
    found = problem.get(name)
    return found if isinstance(found, str) else None


def _explain_skew(error: ClockSkewed, server_time: int) -> None:
    error.seconds_off = round(unix_seconds()) - server_time
    ahead = "ahead of" if error.seconds_off > 0 else "behind"
    error.what = f"this machine's clock is {abs(error.seconds_off)} s {ahead} the server's"
    error.hint = "sync it (NTP)"
