"""One call until it is answered: made anew for every try, repeated while that may help.

Tried again are what passes by itself: 429, 502, 503, 504, and no answer at all. Between two tries lies
a random part of a growing time (full jitter, so that a fleet does not come back at once), and never
less than `Retry-After` asks for.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from strongroom.connections import Answer, Request, StaleConnection
from strongroom.errors import (
    Sealed,
    ServerError,
    StrongroomError,
    TooMany,
    Unavailable,
    Unreachable,
)
from strongroom.private_key import PrivateKey
from strongroom.refusals import refusal
from strongroom.server_texts import request_id
from strongroom.steps import Send, Sleep, Steps
from strongroom.surroundings import random_bytes, random_fraction, unix_seconds
from strongroom.version import VERSION
from strongroom_wire.canonical import signed_bytes
from strongroom_wire.headers import MACHINE_ID, NONCE, SIGNATURE, TIMESTAMP

FIRST_PAUSE, LONGEST_PAUSE = 0.25, 8.0
NONCE_BYTES = 16
_BAD_GATEWAY, _GATEWAY_TIMEOUT = 502, 504


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a call is tried in all, and the longest `Retry-After`, in seconds, that is waited for."""

    attempts: int = 4
    longest_wait: float = 30.0


ONCE = Patience(attempts=1)


def exchange(
    make: Callable[[], Request], status: int, patience: Patience, *, repeatable: bool = True
) -> Steps[Answer]:
    """Send what `make` makes until an answer of this status comes, and return it.

    What is not `repeatable` goes out on a new connection, and is repeated only where it cannot have
    been done. Raises what the last answer means, or `Unreachable`.
    """
    tries, fresh = 0, not repeatable
    while True:
        try:
            answer = yield Send(make(), fresh=fresh)
        except StaleConnection:
            # This was no try: the server had closed the connection while nobody used it.
            fresh = True
            continue
        except Unreachable as error:
            problem: StrongroomError = error
        else:
            if answer.status == status:
                return answer
            problem = refusal(answer)
        tries += 1
        if tries >= patience.attempts or not _passes(problem, repeatable=repeatable):
            raise problem
        wait = _asked_wait(problem)
        if wait > patience.longest_wait:
            raise problem
        yield Sleep(wait + pause(tries))


def pause(failures: int, *, longest: float = LONGEST_PAUSE) -> float:
    """Return a random number of seconds below a bound that doubles with each failure, up to `longest`."""
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
    method: str, path: str, body: bytes, *, machine: str, key: PrivateKey
) -> Request:
    """Return a request signed now, with a fresh nonce."""
    nonce = b64encode(random_bytes(NONCE_BYTES)).decode()
    proof = sign(method, path, body, machine=machine, key=key, at=int(unix_seconds()), nonce=nonce)
    return Request(method, path, {**_headers(body), **proof}, body)


def unsigned_request(method: str, path: str, body: bytes) -> Request:
    """Return a request of a machine that has no identity yet."""
    return Request(method, path, _headers(body), body)


def encode_body(content: dict[str, Any] | None) -> bytes:
    """Return the body of a call: JSON, or nothing."""
    return b"" if content is None else json.dumps(content, separators=(",", ":")).encode()


def nonsense(answer: Answer) -> ServerError:
    """Return the error for an answer of the right status whose content makes no sense."""
    return ServerError(
        "the server's answer makes no sense to this client",
        "is there something in between, or is this client too old?",
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
        return problem.status not in (_BAD_GATEWAY, _GATEWAY_TIMEOUT)
    return isinstance(problem, TooMany | Sealed | Unavailable)


def _asked_wait(problem: StrongroomError) -> int:
    return problem.retry_after if isinstance(problem, TooMany | Sealed | Unavailable) else 0
