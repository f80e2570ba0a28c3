"""Turns errors into responses, with the only table of statuses and the only format (RFC 9457).

Every error becomes problem details in our own words. Messages from the framework, msgspec and the database
can quote data that was sent or stored, so none of them is passed on.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.exceptions import HTTPException, ValidationException

from strongroom_core.kernel.errors import (
    Busy,
    Changed,
    Conflict,
    Frozen,
    Gone,
    IntegrityFailure,
    Invalid,
    NameTaken,
    NotAuthenticated,
    NotFound,
    NotInitialised,
    Refused,
    Sealed,
    Skewed,
    StrongroomError,
    TooLarge,
    TooMany,
    Unavailable,
)
from strongroom_wire.errors import Code

MEDIA_TYPE = "application/problem+json"
USUAL_RETRY = 5
"""Seconds to wait before a retry, if there is no better estimate."""


class NoSuchRoute(StrongroomError):
    """No operation has this path. Also raised for paths that aren't in canonical form."""

    code = Code.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("not found; see /api/openapi.json")


class MethodNotAllowed(StrongroomError):
    """The path exists, but doesn't allow this method. `allow` lists the allowed methods."""

    code = Code.METHOD_NOT_ALLOWED

    def __init__(self, allow: str) -> None:
        super().__init__("method not allowed")
        self.allow = allow


class BodyTooLarge(StrongroomError):
    """The body exceeds the operation's limit."""

    code = Code.TOO_LARGE

    def __init__(self) -> None:
        super().__init__("the request is too large for this operation")


class BodyCutShort(Invalid):
    """The client disconnected while sending the body. It gets no response, and the server isn't at fault."""

    def __init__(self) -> None:
        super().__init__("the request body is incomplete")


class UnsupportedMediaType(StrongroomError):
    """The body isn't JSON (A-10)."""

    code = Code.UNSUPPORTED_MEDIA_TYPE

    def __init__(self) -> None:
        super().__init__("the body must be JSON: send Content-Type: application/json")


class WrongOrigin(StrongroomError):
    """The request comes from a page of another origin (A-10, CSRF)."""

    code = Code.WRONG_ORIGIN

    def __init__(self, expected: str) -> None:
        super().__init__(f"the Origin header must be the server's public URL, {expected}")


class ClientHeaderMissing(StrongroomError):
    """The header that forms and links can't send is missing (A-10, CSRF)."""

    code = Code.CLIENT_HEADER_MISSING

    def __init__(self) -> None:
        super().__init__("missing header X-Strongroom-Client; set it to any client name")


class WrongVaultHeader(StrongroomError):
    """The header with the page's vault is empty or repeated (A-8)."""

    code = Code.WRONG_VAULT_HEADER

    def __init__(self) -> None:
        super().__init__(
            "header X-Strongroom-Vault must contain the vault's ID exactly once, or be omitted"
        )


STATUSES: Mapping[type[StrongroomError], HTTPStatus] = {
    Invalid: HTTPStatus.BAD_REQUEST,
    WrongVaultHeader: HTTPStatus.BAD_REQUEST,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    Refused: HTTPStatus.FORBIDDEN,
    WrongOrigin: HTTPStatus.FORBIDDEN,
    ClientHeaderMissing: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NoSuchRoute: HTTPStatus.NOT_FOUND,
    Gone: HTTPStatus.GONE,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    Conflict: HTTPStatus.CONFLICT,
    Changed: HTTPStatus.PRECONDITION_FAILED,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Frozen: HTTPStatus.LOCKED,
    TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    IntegrityFailure: HTTPStatus.INTERNAL_SERVER_ERROR,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Sealed: HTTPStatus.SERVICE_UNAVAILABLE,
    NotInitialised: HTTPStatus.SERVICE_UNAVAILABLE,
    StrongroomError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""An error has the status of its nearest listed base class."""

EXPLAINED = "/docs#error-"
"""The URL of the page that explains errors; the code is appended."""

UNEXPECTED = "internal error; look up the request ID in the server's log"


class Problem(msgspec.Struct, rename="camel", kw_only=True, frozen=True, omit_defaults=True):
    """The response to an error. `type` is the URL of its explanation, relative to the server.

    `server_time`, in Unix seconds, is for the signer of a request whose time was too far from it.
    """

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    field: str | msgspec.UnsetType = msgspec.UNSET
    server_time: int | msgspec.UnsetType = msgspec.UNSET


class MachineProblem(Problem, kw_only=True, frozen=True, omit_defaults=True):
    """The same response in the machine API, where `error` repeats `detail` (WIRE, section 2)."""

    error: str


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """The status, the code, the encoded problem, and any extra headers."""

    status: HTTPStatus
    code: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])


Accepted = Callable[[str | None], Iterable[str]]
"""Returns the words that a member or parameter accepts, or nothing if it accepts other values too."""


def answer_to(
    error: Exception,
    request_id: str,
    *,
    machines: bool = False,
    accepted: Accepted = lambda _: (),
) -> ErrorAnswer:
    """Return the response to any error. For an unexpected error, it shows only the request ID.

    `machines` is true for the machine API, whose format is part of the wire protocol. `accepted` returns the
    words that a query parameter accepts.
    """
    ours = _ours(error, accepted)
    if ours is None:
        status, code, text, name = (
            HTTPStatus.INTERNAL_SERVER_ERROR,
            Code.INTERNAL_ERROR,
            UNEXPECTED,
            None,
        )
    else:
        status, code, text = status_of(type(ours)), ours.code, ours.message
        name = ours.field if isinstance(ours, Invalid | NameTaken) else None
    told: dict[str, Any] = {
        "title": status.phrase,
        "status": status.value,
        "detail": text,
        "code": code,
        "request_id": request_id,
        "field": msgspec.UNSET if name is None else name,
        "server_time": ours.server_time if isinstance(ours, Skewed) else msgspec.UNSET,
    }
    problem = (
        MachineProblem(
            type="about:blank",
            error=text,
            **told,
        )
        if machines
        else Problem(type=f"{EXPLAINED}{code}", **told)
    )
    return ErrorAnswer(status, code, msgspec.json.encode(problem), _headers(ours, status))


def allow(methods: Iterable[str]) -> str:
    """Return the `Allow` header for a path. Every GET also allows HEAD."""
    known = set(methods)
    return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))


def status_of(kind: type[StrongroomError]) -> HTTPStatus:
    """Return the status of a class of errors."""
    return next(STATUSES[each] for each in kind.__mro__ if each in STATUSES)


def is_unexpected(error: Exception) -> bool:
    """Whether an error is unexpected and belongs in the log."""
    return _ours(error, lambda _: ()) is None


def _headers(error: StrongroomError | None, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allow}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return {"Retry-After": str(getattr(error, "retry_after", USUAL_RETRY))}
    return {}


def _ours(error: Exception, accepted: Accepted) -> StrongroomError | None:
    if isinstance(error, StrongroomError):
        return error
    if not isinstance(error, HTTPException):
        return None
    translations: dict[int, Callable[[], StrongroomError]] = {
        HTTPStatus.BAD_REQUEST: lambda: _bad_request(error, accepted),
        HTTPStatus.NOT_FOUND: NoSuchRoute,
        HTTPStatus.METHOD_NOT_ALLOWED: lambda: MethodNotAllowed(_allowed(error)),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BodyTooLarge,
    }
    translate = translations.get(error.status_code)
    return None if translate is None else translate()


def _allowed(error: HTTPException) -> str:
    return allow((error.headers or {}).get("allow", "").split(", "))


def _bad_request(error: HTTPException, accepted: Accepted) -> Invalid:
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        first = error.extra[0]
        name = str(first.get("key", "data"))
        if name != "data":
            name = "".join(
                part.capitalize() if at else part for at, part in enumerate(name.split("_"))
            )
            said, _ = explain(str(first.get("message", "")), accepted=lambda _: accepted(name))
            return Invalid(f"{name}: {said}", field=name)
        return Invalid("this operation needs a JSON body")
    missing = _MISSING.search(str(error.detail))
    if missing is not None:
        return Invalid(f"missing query parameter {missing[1]}", field=missing[1])
    return Invalid("malformed request")


_MISSING = re.compile(r"\AMissing required query parameter '([A-Za-z]{1,32})'")
"""Litestar's message. The name in it comes from the handler, not from the client."""


_NAME = re.compile(r"[A-Za-z_]{1,32}")
_UNKNOWN = re.compile(rf"\AObject contains unknown field `({_NAME.pattern})`")
_PLACE = re.compile(r" - at `\$\.([A-Za-z]+)[^`]*`\Z")


def explain(
    text: str,
    members: Callable[[str | None], Iterable[str]] = lambda _: (),
    accepted: Accepted = lambda _: (),
) -> tuple[str, str | None]:
    """Return msgspec's error message, without any value that was sent, and the invalid member.

    msgspec's messages quote unknown member names and enum values, but never a value of the wrong type; they
    describe only the expected type and limits. Names are quoted only if they look like ours. `members`
    returns the names that are known at the top level or, given the name of a member, inside that member;
    `accepted` returns the words that a member accepts. Types are named as in JSON.
    """
    place = _PLACE.search(text)
    name = place[1] if place is not None else None
    if text.startswith("Object contains unknown field"):
        found = _UNKNOWN.search(text)
        unknown = found[1] if found is not None else ""
        return say_unknown("member", unknown, members(name)), unknown or None
    if text.startswith("Object missing required field"):
        missing = text.split("`", 2)[1]
        return f"{missing}: required", missing
    if text.startswith("Expected"):
        says = f"expected{_in_json(text.split(' - at ', 1)[0].removeprefix('Expected'))}"
    elif "RFC3339" in text:
        says = "expected a time such as 2026-11-28T10:00:00Z, with + encoded as %2B"
    else:
        words = ", ".join(accepted(name))
        says = f"must be one of {words}" if words else "not one of the accepted values"
    return says if name is None else f"{name}: {says}", name


_JSON_NAMES = {
    "str": "string",
    "int": "whole number",
    "float": "number",
    "bool": "boolean",
    "datetime": "time",
}


def _in_json(text: str) -> str:
    """Replace Python's names for types with JSON's names for them."""
    return re.sub(r"\b(str|int|float|bool|datetime)\b", lambda found: _JSON_NAMES[found[1]], text)


def say_unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Return a sentence about an unknown member or parameter, with a suggestion.

    The name is quoted only if it looks like one of ours, because a value may have been sent in its place by
    mistake.
    """
    named = f"unknown {kind} `{name}`" if _NAME.fullmatch(name) else f"unknown {kind}"
    plain = {_plainly(each): each for each in sorted(known)}
    if not plain:
        return f"{named}; this operation accepts none"
    close = get_close_matches(_plainly(name), plain, 1) if _NAME.fullmatch(name) else []
    hint = f"did you mean `{plain[close[0]]}`?" if close else f"known: {', '.join(plain.values())}"
    return f"{named}; {hint}"


def _plainly(name: str) -> str:
    return name.replace("_", "").lower()
