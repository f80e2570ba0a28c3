"""Makes one call, retrying as long as that can help. Each attempt is signed again.

Temporary failures are retried: 429, 503, no response, and responses that aren't Strongroom's own, such as a
proxy's error page. The pause is random with exponential backoff (full jitter, so that a fleet doesn't come
back all at once), but never shorter than `Retry-After`.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from strongroom._internal.calls import BoundCall, Call, understand
from strongroom._internal.connections import Answer, Request, StaleConnection
from strongroom._internal.private_key import PrivateKey
from strongroom._internal.refusals import refusal
from strongroom._internal.sanitize import request_id
from strongroom._internal.steps import Send, Sleep, Steps
from strongroom._internal.system import random_bytes, random_fraction, unix_seconds
from strongroom.errors import (
    Sealed,
    StrongroomError,
    TooMany,
    Unavailable,
    Unreachable,
)
from strongroom_wire.canonical import signed_bytes
from strongroom_wire.headers import MACHINE_ID, NONCE, SIGNATURE, TIMESTAMP

if TYPE_CHECKING:
    from strongroom._internal.person_key import PersonKey

T = TypeVar("T")

VERSION = "0.1.0"
"""This package's version, sent with every request. A test checks that it is current."""

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 8.0
NONCE_BYTES = 16
_SERVICE_UNAVAILABLE = 503


@dataclass(frozen=True, slots=True)
class Patience:
    """The maximum number of attempts, and the longest `Retry-After` to wait for, in seconds."""

    attempts: int = 4
    longest_wait: float = 30.0


ONCE = Patience(attempts=1)


def exchange(
    make: Callable[[], Request],
    status: int,
    patience: Patience,
    *,
    repeatable: bool = True,
    refuse: Callable[[Answer], StrongroomError] = refusal,
) -> Steps[Answer]:
    """Send the requests that `make` returns until a response has this status, and return that response.

    A call that isn't `repeatable` uses a new connection, and is retried only if the server can't have carried
    it out. Raises the error that `refuse` returns for the last response, or `Unreachable`.
    """
    tries, fresh = 0, not repeatable
    while True:
        try:
            answer = yield Send(make(), fresh=fresh)
        except StaleConnection:
            # This isn't counted as an attempt: the server had closed an idle connection.
            fresh = True
            continue
        except Unreachable as error:
            problem: StrongroomError = error
        else:
            if answer.status == status:
                return answer
            problem = refuse(answer)
        tries += 1
        if tries >= patience.attempts or not _passes(problem, repeatable=repeatable):
            raise problem
        wait = problem.retry_after
        if wait > patience.longest_wait:
            raise problem
        yield Sleep(wait + pause(tries))


def pause(failures: int, *, longest: float = LONGEST_PAUSE) -> float:
    """Return a random delay in seconds, below a bound that doubles with each failure, up to `longest`."""
    return random_fraction() * min(longest, FIRST_PAUSE * 2 ** min(failures, 30))


def sign(
    method: str, path: str, body: bytes, *, machine: str, key: PrivateKey, at: int, nonce: str
) -> dict[str, str]:
    """Return the four headers of a signed request (WIRE, section 1). `at` is in Unix seconds."""
    return {
        MACHINE_ID: machine,
        TIMESTAMP: str(at),
        NONCE: nonce,
        SIGNATURE: key.sign(signed_bytes(method, path, at, nonce, body)),
    }


def signed_request(
    call: BoundCall[Any], *, machine: str, key: PrivateKey, server: str | None = None
) -> Request:
    """Return a machine's request signed now, with a new nonce.

    With `server`, the public URL, it is signed according to RFC 9421 (WIRE, section 7).
    """
    if server is not None:
        return _message(call, server, machine, key)
    nonce, at = b64encode(random_bytes(NONCE_BYTES)).decode(), int(unix_seconds())
    method, path, body = call.call.method, call.path, call.body
    proof = sign(method, path, body, machine=machine, key=key, at=at, nonce=nonce)
    return Request(method, path, {**_headers(body), **proof}, body)


def person_request(call: BoundCall[Any], key: "PersonKey") -> Request:
    """Return a request signed now with a person's key (WIRE, section 7), with a new nonce."""
    return _message(call, key.server, key.id, key.key)


def _message(call: BoundCall[Any], server: str, key_id: str, key: PrivateKey) -> Request:
    from strongroom_wire.signatures import (  # noqa: PLC0415 -- most machines don't need it
        signature_headers,
    )

    method, path, body = call.call.method, call.path, call.body
    proof = signature_headers(
        method,
        server + path,
        body,
        key_id=key_id,
        created=int(unix_seconds()),
        nonce=random_bytes(NONCE_BYTES).hex(),
        sign=key.sign_raw,
    )
    return Request(method, path, {**_headers(body), **proof}, body)


def unsigned_request(call: BoundCall[Any]) -> Request:
    """Return a request from a machine without an identity."""
    return Request(call.call.method, call.path, _headers(call.body), call.body)


def understood(call: Call[T], answer: Answer) -> T:
    """Return the parsed response. Raises `Unavailable` if it is malformed."""
    found = understand(call, answer.body)
    if found is None:
        raise malformed_response(answer)
    return found


def malformed_response(answer: Answer) -> Unavailable:
    """Return the error for a response with the right status but malformed content.

    Such a response most likely comes from something else, such as a network's login page.
    """
    return Unavailable(
        "the server's answer is malformed",
        "a proxy may be interfering, or this client is out of date",
        status=answer.status,
        request_id=request_id(answer.headers.get("x-request-id")),
    )


def _headers(body: bytes) -> dict[str, str]:
    headers = {"User-Agent": f"strongroom-python/{VERSION}", "Accept": "application/json"}
    return {**headers, "Content-Type": "application/json"} if body else headers


def _passes(problem: StrongroomError, *, repeatable: bool) -> bool:
    if isinstance(problem, Unreachable):
        return not problem.lasting and (repeatable or not problem.sent)
    if isinstance(problem, Unavailable) and not repeatable:
        # A gateway may have forwarded the request before it failed.
        return problem.status == _SERVICE_UNAVAILABLE
    return isinstance(problem, TooMany | Sealed | Unavailable)
