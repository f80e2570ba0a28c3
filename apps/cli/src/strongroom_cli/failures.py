"""Exit codes, which scripts can rely on, and how library errors map to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from strongroom.errors import StrongroomError

OK = 0
FAILURE = 1
USAGE = 2
NOT_AUTHENTICATED = 3
DENIED = 4
NOT_FOUND = 5
UNAVAILABLE = 6
SEALED_OR_FROZEN = 7

NOT_EXECUTABLE = 126
NO_SUCH_PROGRAM = 127
SIGNALLED = 128
"""Exit codes of `run`, in addition to the child's own. The signal's number is added to the last one."""

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
"""Exit codes by error class or nearest base class. Any other error is a plain failure."""

_INVALID = "invalid"
"""The code of the server's errors about what a person typed."""

_HINTS = {
    "StrongroomError": "run `strongroom doctor`",
    "NoIdentity": "register this machine with `strongroom bootstrap`",
    "AccessDenied": "a vault owner can attach the machine and grant it the secret",
    "Frozen": "its owner can unfreeze it",
    "Unavailable": "try again, or use cached values with --offline",
    "NotFound": "see `strongroom list`",
}
"""Hints for errors for which the library has none."""

_HINTS_TO_PEOPLE = {
    "NoIdentity": "sign in with `strongroom login`",
    "AccessDenied": "your role or this key doesn't allow it; an owner can change roles",
    "Unavailable": "try again",
    "NotFound": "see `strongroom projects`, and `strongroom secrets list PROJECT`",
}
"""The same for commands that act as a person."""

_ABOUT_ACCESS = frozenset({"AccessDenied", "NotFound", "NoSuchField"})
"""Errors that mean no access, or that the object doesn't exist: a machine can't tell which."""


class Failure(Exception):
    """Ends a command: what happened, what to do about it, and the exit code.

    `message` and `hint` are in lower case, name the object concerned, and never contain a value. With
    `for_access`, someone could help by giving access, so the hint also says where.
    """

    def __init__(
        self, message: str, hint: str = "", *, exit_code: int = FAILURE, for_access: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code
        self.for_access = for_access

    def hint_at(self, server: str | None) -> str:
        """Return the hint for a machine of this server. A similar name is the whole hint."""
        if not self.for_access or server is None or self.hint.endswith("?"):
            return self.hint
        return f"{self.hint}; people manage access at {server}"


def failure_of(error: StrongroomError, *, as_person: bool = False) -> Failure:
    """Return the failure with which a command ends after this error."""
    code, hint = FAILURE, error.hint
    hints = _HINTS_TO_PEOPLE if as_person else _HINTS
    kinds = type(error).__mro__
    for kind in reversed(kinds):
        code = _EXIT_CODES.get(kind.__name__, code)
        hint = error.hint or hints.get(kind.__name__, hint)
    # The server checks what was typed, too.
    if as_person and error.code == _INVALID:
        code = USAGE
    asked = f" (request {error.request_id})" if error.request_id else ""
    for_access = _ABOUT_ACCESS.intersection(kind.__name__ for kind in kinds) and not as_person
    return Failure(error.what + asked, hint, exit_code=code, for_access=bool(for_access))
