"""Everything that can go wrong for a client, as a tree.

::

    StrongroomError
    ├── NoIdentity            nothing says which machine this is
    ├── BadIdentity           an identity that cannot be used
    ├── AuthenticationFailed  401: the server does not accept the signature
    │   ├── ClockSkewed       this machine's clock is off; says by how much
    │   └── MachineExpired    the machine's time is over
    ├── AccessDenied          403: known, and not allowed
    ├── NotFound              404: absent, gone, or in another vault
    ├── Conflict              409: it collides with what is there
    ├── TooLarge              413: more than one answer carries
    ├── Frozen                423: the project is frozen
    ├── TooMany               429: says how long to wait
    ├── Sealed                503: the server waits for its root
    ├── Unavailable           502, 503, 504, and
    │   └── Unreachable       no answer at all
    ├── ServerError           5xx else, and answers that make no sense
    ├── Rejected              4xx else: this client and the server disagree
    ├── Ambiguous             several secrets have this address
    ├── NotStructured         the secret has no fields
    ├── NoSuchField           the secret has no such field; names those it has
    └── CacheUnusable         the offline cache cannot be used as asked
        └── CacheClosed       the server refused, and has not answered well since

No message repeats a value, a key or a token.
"""


class StrongroomError(Exception):
    """What every error of this package descends from.

    `what` says what happened and `hint` what to do about it, in lower case; `message` is both.
    `status` and `code` are the answer's, `request_id` leads to the server's log; each is None where
    no server spoke.
    """

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
        """What happened, and what to do."""
        return f"{self.what}: {self.hint}" if self.hint else self.what

    def __str__(self) -> str:
        return self.message


class NoIdentity(StrongroomError):
    """No identity was named, and none or several were found."""


class BadIdentity(StrongroomError):
    """The identity cannot be read, is incomplete, lies open to others, or names no usable server."""


class AuthenticationFailed(StrongroomError):
    """The server does not accept who this claims to be (401)."""


class ClockSkewed(AuthenticationFailed):
    """This machine's clock is too far from the server's.

    `seconds_off` is how far this clock is ahead; negative when it is behind.
    """

    seconds_off: int = 0


class MachineExpired(AuthenticationFailed):
    """The signature is good, and the machine's time is over."""


class AccessDenied(StrongroomError):
    """The machine is known and may not do this (403); `code` says why."""


class NotFound(StrongroomError):
    """There is no such thing for this machine (404)."""


class Conflict(StrongroomError):
    """What is there does not allow it (409, or a file that is not overwritten)."""


class TooLarge(StrongroomError):
    """More was asked for than one answer carries (413)."""


class Frozen(StrongroomError):
    """The project is frozen (423)."""


class TooMany(StrongroomError):
    """Too many requests, or failures, from here (429). `retry_after` is in seconds."""

    retry_after: int = 0


class Sealed(StrongroomError):
    """The server runs and waits for its root (503). `retry_after` is in seconds, 0 if it did not say."""

    retry_after: int = 0


class Unavailable(StrongroomError):
    """The server cannot do it now (502, 503, 504). Nothing was refused, so a cache may serve.

    `retry_after` is in seconds, 0 if it did not say.
    """

    retry_after: int = 0


class Unreachable(Unavailable):
    """No answer came: no connection, no time left, or the connection broke.

    `sent` tells whether the request may have arrived, `lasting` that trying again is vain.
    """

    sent: bool = False
    lasting: bool = False


class ServerError(StrongroomError):
    """The server failed (5xx else), or its answer makes no sense."""


class Rejected(StrongroomError):
    """The server does not take this request (4xx else, or a redirect)."""


class Ambiguous(StrongroomError):
    """Several secrets have this address; the hint lists their ids."""


class NotStructured(StrongroomError):
    """The secret is a single value without fields."""


class NoSuchField(StrongroomError):
    """The secret has no such field, or this machine was not granted it."""


class CacheUnusable(StrongroomError):
    """The offline cache has no folder, does not hold what was asked for, or cannot be opened."""


class CacheClosed(CacheUnusable):
    """The server refused this machine or this secret, and has not answered well since."""
