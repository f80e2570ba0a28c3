"""All exceptions, as a tree.

::

    StrongroomError
    ├── NoIdentity            no identity, or several to choose from
    ├── BadIdentity           the identity can't be used
    ├── AuthenticationFailed  401: the server rejected the signature
    │   ├── ClockSkewed       this machine's clock is off; says by how much
    │   └── MachineExpired    the machine has expired
    ├── AccessDenied          403: authenticated, but not allowed
    │   └── BrowserRequired   a person's key can't do this, but the person can; says where
    │       └── StepUpRequired    the person must confirm their identity
    ├── NotFound              404: doesn't exist, was deleted, or is in another vault
    ├── Conflict              409: conflicts with the current state
    ├── TooLarge              413: more than fits in one response
    ├── Frozen                423: the project is frozen
    ├── TooMany               429: says how long to wait
    ├── Sealed                503: the server is sealed
    ├── Unavailable           503, or a response from something other than Strongroom
    │   └── Unreachable       no response at all
    ├── ServerError           any other 5xx, and responses that are too large
    ├── Rejected              any other 4xx: client and server disagree
    ├── Ambiguous             several secrets have this path, or machines this name
    ├── NotStructured         the secret has no fields
    ├── NoSuchField           the secret has no such field; lists the fields it has
    └── CacheUnusable         the offline cache can't be used as requested
        └── CacheClosed       the server denied access, and no request has succeeded since

No message contains a secret value, a key or a token.
"""


class StrongroomError(Exception):
    """The base class of all exceptions in this package.

    `what` says what happened and `hint` says what to do about it, in lower case; `message` contains both.
    `status` and `code` come from the response, and `request_id` identifies the request in the server's log;
    each is None if there was no response. `retry_after` is the number of seconds that the server asks clients
    to wait, or 0.
    """

    retry_after: int = 0

    def __init__(
        self,
        what: str,
        hint: str = "",
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint
        self.status = status
        self.code = code
        self.request_id = request_id

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        return f"{self.what}: {self.hint}" if self.hint else self.what

    def __str__(self) -> str:
        return self.message


class NoIdentity(StrongroomError):
    """There is no identity, or there are several and none has been chosen."""


class BadIdentity(StrongroomError):
    """The identity is unreadable, incomplete, accessible to other users, or has an unusable server URL."""


class AuthenticationFailed(StrongroomError):
    """The server rejected the signature (401).

    `lasting` means that retrying is pointless: the machine is unknown or was revoked.
    """

    lasting: bool = False


class ClockSkewed(AuthenticationFailed):
    """This machine's clock differs too much from the server's.

    `seconds_off` is how far this machine's clock is ahead, negative if it is behind.
    """

    seconds_off: int = 0


class MachineExpired(AuthenticationFailed):
    """The signature is valid, but the machine has expired."""


class AccessDenied(StrongroomError):
    """The machine is authenticated but not allowed to do this (403); `code` says why."""


class BrowserRequired(AccessDenied):
    """A person's key can't do this, but the person can, in the browser (403).

    `url` is the page of the dashboard where this can be done.
    """

    url: str = ""


class StepUpRequired(BrowserRequired):
    """A person must confirm their identity for this, which is possible only in the browser (403)."""


class NotFound(StrongroomError):
    """The object doesn't exist, or this machine has no access to it (404)."""


class Conflict(StrongroomError):
    """The request conflicts with the current state (409), or would overwrite a file."""


class TooLarge(StrongroomError):
    """More was requested than fits in one response (413)."""


class Frozen(StrongroomError):
    """The project is frozen (423)."""


class TooMany(StrongroomError):
    """Too many requests or failures from this machine (429). `retry_after` says how long to wait."""


class Sealed(StrongroomError):
    """The server is sealed: it has no root key yet (503)."""


class Unavailable(StrongroomError):
    """The server can't handle the request now (503), or something else responded in its place.

    Access wasn't denied, so cached values can be used. `code` is None if the response wasn't Strongroom's
    own, but a proxy's error page or a login page.
    """


class Unreachable(Unavailable):
    """There was no response: the connection failed, timed out or broke.

    `sent` means that the request may have arrived, and `lasting` means that retrying is pointless.
    """

    sent: bool = False
    lasting: bool = False


class ServerError(StrongroomError):
    """The server failed (any other 5xx), or its response is too large."""


class Rejected(StrongroomError):
    """The server rejected the request (any other 4xx)."""


class Ambiguous(StrongroomError):
    """Several secrets have this path, or several machines this name; the hint lists their IDs."""


class NotStructured(StrongroomError):
    """The secret is a single value without fields."""


class NoSuchField(StrongroomError):
    """The secret has no such field, or this machine can't read it."""


class CacheUnusable(StrongroomError):
    """The offline cache has no folder, doesn't have what was requested, or can't be decrypted."""


class CacheClosed(CacheUnusable):
    """The server denied this machine or this secret, and no request has succeeded since."""
