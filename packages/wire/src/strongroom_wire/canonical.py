"""The canonical request: the exact bytes that are signed, and which targets can be signed.

``METHOD:path:timestamp:nonce:bodyhash`` in UTF-8. Of the fields, only the path could contain a colon, and a
machine call's path never does, so no two requests have the same bytes.
"""

import hashlib
import re

MOST_BODY_BYTES = 256 * 1024

_MACHINE_PATH = re.compile(r"/v1(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
MOST_PATH_CHARACTERS = 256


class MalformedTarget(ValueError):
    """The request target can't be signed. It is rejected, never normalized."""


def signed_bytes(method: str, path: str, timestamp: int, nonce: str, body: bytes) -> bytes:
    """Return the signed bytes. `path` is the target as sent, without a query; `body` is the exact bytes."""
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}:{path}:{timestamp}:{nonce}:{digest}".encode()


def require_machine_path(raw_path: bytes, query: bytes) -> str:
    """Return the path of a machine-plane target, as sent.

    Raises `MalformedTarget` for a query, `%`, an empty or dot segment, a trailing slash, a backslash, a
    control or non-ASCII character, and for more than 256 characters: anything that two programs could parse
    differently.
    """
    if query:
        raise MalformedTarget("a signed request can't have a query string")
    try:
        path = raw_path.decode("ascii")
    except UnicodeDecodeError:
        raise MalformedTarget("the path must be ASCII") from None
    if len(path) > MOST_PATH_CHARACTERS or not _MACHINE_PATH.fullmatch(path):
        raise MalformedTarget("not a path in the machine API")
    return path
