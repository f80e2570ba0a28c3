"""From an answer that is no success to an error. The server's sentence is told, with a remedy of ours."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from strongroom import server_texts
from strongroom.connections import Answer
from strongroom.errors import (
    AccessDenied,
    AuthenticationFailed,
    ClockSkewed,
    Conflict,
    Frozen,
    MachineExpired,
    NotFound,
    Rejected,
    Sealed,
    ServerError,
    StrongroomError,
    TooLarge,
    TooMany,
    Unavailable,
)
from strongroom.surroundings import unix_seconds
from strongroom_wire.errors import Code

LONGEST_SENTENCE = 300
LOCKED_BY_WHOM = (
    "any program of this address may have caused it, such as a revoked machine that goes on trying"
)
_REDIRECTS, _CLIENT_ERRORS, _SERVER_ERRORS = 300, 400, 500

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


@dataclass(frozen=True, slots=True)
class _Remedy:
    """What to do, and what to say happened where the server's sentence says both at once."""

    hint: str
    what: str | None = None


_BY_CODE: Mapping[str, _Remedy] = {
    Code.AUTHENTICATION_FAILED: _Remedy(
        "the key, the machine and the server do not belong together; was the machine revoked?"
    ),
    Code.MACHINE_EXPIRED: _Remedy("enroll it anew", "this machine has expired"),
    Code.MACHINE_PENDING: _Remedy("compare its fingerprint and approve it"),
    Code.MACHINE_DISABLED: _Remedy("an owner of the vault can switch it on"),
    Code.NO_GRANT: _Remedy("attach the machine to the project and grant it the secret"),
    Code.FROZEN: _Remedy("its owner can lift that", "the project is frozen"),
    Code.SEALED: _Remedy("an operator unseals it with its root", "the server is sealed"),
}

_BY_KIND: Mapping[type[StrongroomError], str] = {
    TooLarge: "export project by project",
    Unavailable: "try again in a moment",
}


def refusal(answer: Answer) -> StrongroomError:
    """Return the error that an answer means, with the server's code, sentence and request id."""
    problem = _problem(answer)
    code = server_texts.code(problem.get("code"))
    kind = _kind(answer.status, code, problem)
    error = kind(
        *_words(kind, answer.status, code, problem),
        status=answer.status,
        code=code,
        request_id=server_texts.request_id(problem.get("requestId"))
        or server_texts.request_id(answer.headers.get("x-request-id")),
    )
    wait = retry_after(answer)
    if isinstance(error, TooMany | Sealed | Unavailable):
        error.retry_after = wait
    if isinstance(error, TooMany):
        locked_out = code == Code.LOCKED_OUT
        error.what = (
            "too many failed attempts came from this address" if locked_out else "too many requests"
        )
        hint = f"wait {wait} s" if wait else "wait a while"
        error.hint = f"{hint}; {LOCKED_BY_WHOM}" if locked_out else hint
    if isinstance(error, ClockSkewed):
        _explain_skew(error, int(problem["serverTime"]))
    return error


def retry_after(answer: Answer) -> int:
    """Return the seconds of `Retry-After`; 0 without it, or where it is a date (RFC 9110, 10.2.3)."""
    text = answer.headers.get("retry-after", "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004


def _problem(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]


def _kind(status: int, code: str | None, problem: Mapping[str, Any]) -> type[StrongroomError]:
    if status == 401 and type(problem.get("serverTime")) is int:  # noqa: PLR2004 -- the status
        return ClockSkewed
    if status == 401 and code == Code.MACHINE_EXPIRED:  # noqa: PLR2004 -- the same
        return MachineExpired
    if status == 503 and code == Code.SEALED:  # noqa: PLR2004 -- the same
        return Sealed
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    return Rejected if _REDIRECTS <= status < _SERVER_ERRORS else ServerError


def _words(
    kind: type[StrongroomError], status: int, code: str | None, problem: Mapping[str, Any]
) -> tuple[str, str]:
    said = _sentence(problem)
    remedy = _BY_CODE.get(code or "")
    if remedy is not None:
        return remedy.what or said or f"the server answered {status}", remedy.hint
    if said is not None:
        return said, _BY_KIND.get(kind, "")
    if _REDIRECTS <= status < _CLIENT_ERRORS:
        return f"the server answered {status}, a redirect", "apiUrl must name the server itself"
    return f"the server answered {status}", _BY_KIND.get(kind, "is there something in between?")


def _sentence(problem: Mapping[str, Any]) -> str | None:
    said = _text(problem, "error")
    return said if said and said.isprintable() and len(said) <= LONGEST_SENTENCE else None


def _text(problem: Mapping[str, Any], name: str) -> str | None:
    found = problem.get(name)
    return found if isinstance(found, str) else None


def _explain_skew(error: ClockSkewed, server_time: int) -> None:
    error.seconds_off = round(unix_seconds()) - server_time
    ahead = "ahead of" if error.seconds_off > 0 else "behind"
    error.what = f"this machine's clock is {abs(error.seconds_off)} s {ahead} the server's"
    error.hint = "set it, best by NTP"
