"""From an error of the client library to a failure of the command: its exit code, and a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strongroom_cli.exits import (
    DENIED,
    FAILURE,
    NOT_AUTHENTICATED,
    NOT_FOUND,
    SEALED_OR_FROZEN,
    UNAVAILABLE,
    Failure,
)

if TYPE_CHECKING:
    from strongroom.errors import StrongroomError

_EXIT_CODES = {
    "NoIdentity": NOT_AUTHENTICATED,
    "BadIdentity": NOT_AUTHENTICATED,
    "AuthenticationFailed": NOT_AUTHENTICATED,
    "AccessDenied": DENIED,
    "NotFound": NOT_FOUND,
    "NoSuchField": NOT_FOUND,
    "NotStructured": NOT_FOUND,
    "Frozen": SEALED_OR_FROZEN,
    "Sealed": SEALED_OR_FROZEN,
    "Unavailable": UNAVAILABLE,
    "TooMany": UNAVAILABLE,
}
"""By class, or the nearest above it; anything else is a plain failure."""

_HINTS = {
    "StrongroomError": "see what `strongroom doctor` says",
    "NoIdentity": "register this machine with `strongroom bootstrap`",
    "AccessDenied": "an owner of the vault can attach the machine and grant it the secret",
    "Frozen": "the project's owner can lift that",
    "Unavailable": "try again, or read from the offline cache with --offline",
    "NotFound": "see `strongroom list`",
}
"""Where the library has none of its own."""


def failure_of(error: StrongroomError) -> Failure:
    """Return the failure by which a command ends for this error."""
    code, hint = FAILURE, error.hint
    for kind in reversed(type(error).__mro__):
        code = _EXIT_CODES.get(kind.__name__, code)
        hint = error.hint or _HINTS.get(kind.__name__, hint)
    asked = f" (request {error.request_id})" if error.request_id else ""
    return Failure(error.what + asked, hint, exit_code=code)
