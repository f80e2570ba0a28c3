"""The bytes that are signed, and what a signed request's target may look like.

``METHOD:path:timestamp:nonce:bodyhash`` in UTF-8. No field but the path could hold a colon, and the
path of a machine call cannot, so that no two requests give the same bytes.
"""

import hashlib
import re

MOST_BODY_BYTES = 256 * 1024

_MACHINE_PATH = re.compile(r"/v1(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
MOST_PATH_CHARACTERS = 256


class MalformedTarget(ValueError):
    """The request target is not one that may be signed. It is refused, never normalised."""


def signed_bytes(method: str, path: str, timestamp: int, nonce: str, body: bytes) -> bytes:
    """Return what the client signed. `path` is the target as sent, without query; `body` the exact bytes."""
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}:{path}:{timestamp}:{nonce}:{digest}".encode()


def require_machine_path(raw_path: bytes, query: bytes) -> str:
    """Return the path of a machine-plane target as sent.

    Raises `MalformedTarget` for a query, `%`, an empty or dot segment, a trailing slash, a
    backslash, a control or non-ASCII character, and for more than 256 characters: whatever two
    programs might read differently.
    """
    if query:
        raise MalformedTarget("a signed request has no query string")
    try:
        path = raw_path.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedTarget("the path is not ASCII") from None
    if len(path) > MOST_PATH_CHARACTERS or not _MACHINE_PATH.fullmatch(path):
        raise MalformedTarget("the path is not one of the machine plane")
    return path
