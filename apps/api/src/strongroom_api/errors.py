"""From an error to an answer: the one table of statuses, and the one form (RFC 9457).

Whatever is raised becomes problem details with texts of ours. Texts of the framework, of msgspec and
of the database quote what was sent or stored, so none of them is ever passed on.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec
from litestar.exceptions import HTTPException, ValidationException

from strongroom_core.kernel.errors import (
    Busy,
    Changed,
    Conflict,
    Frozen,
    IntegrityFailure,
    Invalid,
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

MEDIA_TYPE = "application/problem+json"
USUAL_RETRY = 5
"""Seconds after which it is worth asking again, where nothing better is known."""


class NoSuchRoute(StrongroomError):
    """No operation has this path; so do paths in another form than ours."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("there is nothing at this address: see /api/openapi.json")


class MethodNotAllowed(StrongroomError):
    """The path is there, the method is not. `allow` lists those that are."""

    code = "method_not_allowed"

    def __init__(self, allow: str) -> None:
        super().__init__("this address does not take this method")
        self.allow = allow


class BodyTooLarge(StrongroomError):
    """The body exceeds what the operation takes."""

    code = "too_large"

    def __init__(self) -> None:
        super().__init__("the request is larger than this operation takes")


class BodyCutShort(Invalid):
    """The client left in the middle of its body: nobody reads the answer, and nothing went wrong."""

    def __init__(self) -> None:
        super().__init__("the request ended before its body did")


class UnsupportedMediaType(StrongroomError):
    """The body is something else than JSON (A-10)."""

    code = "unsupported_media_type"

    def __init__(self) -> None:
        super().__init__("the body must be JSON: send Content-Type: application/json")


class WrongOrigin(StrongroomError):
    """The page that sent the request is not ours (A-10)."""

    code = "wrong_origin"

    def __init__(self) -> None:
        super().__init__("the Origin header must be the server's public URL")


class ClientHeaderMissing(StrongroomError):
    """The header that no form and no link can send is missing (A-10)."""

    code = "client_header_missing"

    def __init__(self) -> None:
        super().__init__("send X-Strongroom-Client with the name of the program that asks")


class VaultHeaderMissing(StrongroomError):
    """A change does not say which vault it was meant for (A-8)."""

    code = "vault_header_missing"

    def __init__(self) -> None:
        super().__init__(
            "send X-Strongroom-Vault, once, with the id of the vault this is meant for"
        )


STATUSES: Mapping[type[StrongroomError], HTTPStatus] = {
    Invalid: HTTPStatus.BAD_REQUEST,
    VaultHeaderMissing: HTTPStatus.BAD_REQUEST,
    NotAuthenticated: HTTPStatus.UNAUTHORIZED,
    Refused: HTTPStatus.FORBIDDEN,
    WrongOrigin: HTTPStatus.FORBIDDEN,
    ClientHeaderMissing: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NoSuchRoute: HTTPStatus.NOT_FOUND,
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
"""An error has the status of the nearest of its classes that is listed."""

UNEXPECTED = "something went wrong on the server; the request id leads to its log"


class Problem(msgspec.Struct, rename="camel", kw_only=True, frozen=True, omit_defaults=True):
    """An error as it leaves. `error` repeats `detail` for clients that read only that."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    error: str
    request_id: str
    field: str | msgspec.UnsetType = msgspec.UNSET
    server_time: int | msgspec.UnsetType = msgspec.UNSET


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """The status, the code, the encoded problem, and the headers besides the usual ones."""

    status: HTTPStatus
    code: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict[str, str])


def answer_to(error: Exception, request_id: str) -> ErrorAnswer:
    """Return the answer to any error. What is not ours says nothing but the request id."""
    ours = _ours(error)
    if ours is None:
        status, code, text, name = (
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal_error",
            UNEXPECTED,
            None,
        )
    else:
        status, code, text = status_of(type(ours)), ours.code, ours.message
        name = ours.field if isinstance(ours, Invalid) else None
    problem = Problem(
        type="about:blank",
        title=status.phrase,
        status=status.value,
        detail=text,
        code=code,
        error=text,
        request_id=request_id,
        field=msgspec.UNSET if name is None else name,
        server_time=ours.server_time if isinstance(ours, Skewed) else msgspec.UNSET,
    )
    return ErrorAnswer(status, code, msgspec.json.encode(problem), _headers(ours, status))


def allow(methods: Iterable[str]) -> str:
    """Return the `Allow` header for a path. Whatever can be got can be asked for its headers."""
    known = set(methods)
    return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))


def status_of(kind: type[StrongroomError]) -> HTTPStatus:
    """Return the status of a kind of error."""
    return next(STATUSES[each] for each in kind.__mro__ if each in STATUSES)


def is_unexpected(error: Exception) -> bool:
    """Whether an error is one nobody planned for, which belongs in the log."""
    return _ours(error) is None


def _headers(error: StrongroomError | None, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, MethodNotAllowed):
        return {"Allow": error.allow}
    if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return {"Retry-After": str(getattr(error, "retry_after", USUAL_RETRY))}
    return {}


def _ours(error: Exception) -> StrongroomError | None:
    if isinstance(error, StrongroomError):
        return error
    if not isinstance(error, HTTPException):
        return None
    translations: dict[int, Callable[[], StrongroomError]] = {
        HTTPStatus.BAD_REQUEST: lambda: _bad_request(error),
        HTTPStatus.NOT_FOUND: NoSuchRoute,
        HTTPStatus.METHOD_NOT_ALLOWED: lambda: MethodNotAllowed(_allowed(error)),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: BodyTooLarge,
    }
    translate = translations.get(error.status_code)
    return None if translate is None else translate()


def _allowed(error: HTTPException) -> str:
    return allow((error.headers or {}).get("allow", "").split(", "))


def _bad_request(error: HTTPException) -> Invalid:
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        first = error.extra[0]
        name = str(first.get("key", "data"))
        if name != "data":
            name = "".join(
                part.capitalize() if at else part for at, part in enumerate(name.split("_"))
            )
            return Invalid(f"{name}: {explain(str(first.get('message', '')))[0]}", field=name)
        return Invalid("this operation takes a JSON body")
    return Invalid("the request cannot be read")


_PLACE = re.compile(r" - at `\$\.([A-Za-z]+)[^`]*`\Z")


def explain(text: str) -> tuple[str, str | None]:
    """Return what msgspec complained about, without what was sent, and the member it concerns.

    msgspec repeats unknown names and enumeration values (M19), but never the value of another
    type; where it says what it expected, it names types and limits only.
    """
    if text.startswith("Object contains unknown field"):
        return "it has a member that this operation does not know", None
    place = _PLACE.search(text)
    name = place[1] if place is not None else None
    if text.startswith("Object missing required field"):
        missing = text.split("`", 2)[1]
        return f"{missing} is missing", missing
    if text.startswith("Expected"):
        return f"expected{text.split(' - at ', 1)[0].removeprefix('Expected')}", name
    return "this is not one of the accepted values", name
