"""Everything that can go wrong, as a tree.

::

    StrongroomError
    ├── NotInitialised        `init` has not been run on this database
    ├── Sealed                the server has no root yet
    ├── WrongRoot             the root given is not the root of this database
    ├── IntegrityFailure      a stored value did not open: altered, moved or damaged
    ├── Unavailable           the database is away; nothing was done
    ├── Busy                  too much expensive work at once; try again later
    ├── NotAuthenticated      nobody, or nobody we know, is asking
    │   ├── WrongCredentials  a log-in or step-up that failed; the same for every cause
    │   ├── AuthenticationFailed  a signed request that proves nothing; the same for every cause
    │   │   └── Skewed        its time lies too far from the database's; says what that is
    │   ├── NonceUsed         a signed request that was made before
    │   └── MachineExpired    well signed, by a machine whose time is over
    ├── Refused               the caller is known and may not do this
    │   └── StepUpRequired    allowed, once the person proves again who they are
    ├── NotFound              absent, gone, or in another vault: never told apart
    ├── Frozen                the project is frozen
    ├── Invalid               what was sent cannot be accepted; names the field and the remedy
    ├── TooLarge              more than one answer carries; says how to ask for less
    ├── Conflict              it collides with what is there
    │   ├── NameTaken
    │   ├── Changed           somebody changed it since the caller looked (If-Match)
    │   └── VaultSwitched     the page was made for another vault than the session's
    └── TooMany               a rate limit; says how long to wait
        ├── Crowded           too many log-ins and the like at once; nothing was spent or counted
        └── LockedOut         too many failures came from this address

None of them knows an HTTP status: `strongroom_api.errors` has the one table. A message is written for
the person who made the request, says what to do, and never repeats a value that was sent.
"""


class StrongroomError(Exception):
    """What every error of ours descends from. `code` is stable and part of the API."""

    code = "internal_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def reason(self) -> str:
        """The word by which the record tells why; the code, where nothing more is known."""
        return self.code


class NotInitialised(StrongroomError):
    """`init` or `migrate` has not been run."""

    code = "not_initialised"


class Sealed(StrongroomError):
    """No root has been given yet."""

    code = "sealed"

    def __init__(self) -> None:
        super().__init__("the server is sealed: it waits for its root")


class WrongRoot(StrongroomError):
    """The root given is not the root of this database; the message names the version wanted."""

    code = "wrong_root"


class IntegrityFailure(StrongroomError):
    """One type and one message for every failed decryption, so that it is no oracle."""

    code = "integrity_failure"

    def __init__(self) -> None:
        super().__init__("a stored value could not be opened; this has been recorded")


class Unavailable(StrongroomError):
    """`retry_after` is in seconds."""

    code = "unavailable"

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__("the database cannot be reached; nothing was changed; try again")
        self.retry_after = retry_after


class Busy(StrongroomError):
    """`retry_after` is in seconds."""

    code = "busy"

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__("the server is busy with work of this kind; try again in a moment")
        self.retry_after = retry_after


class NotAuthenticated(StrongroomError):
    """There is no valid proof of who asks."""

    code = "not_authenticated"

    def __init__(self, message: str = "log in first") -> None:
        super().__init__(message)


class WrongCredentials(NotAuthenticated):
    """The same error, after the same work, whatever was wrong."""

    code = "wrong_credentials"

    def __init__(self) -> None:
        super().__init__("e-mail address and password do not match, or log-in is closed for now")


class AuthenticationFailed(NotAuthenticated):
    """One answer for whatever is wrong before a signature is known to be good (WIRE, section 1)."""

    code = "authentication_failed"

    def __init__(self) -> None:
        super().__init__("authentication failed")


class Skewed(AuthenticationFailed):
    """`server_time` is in Unix seconds. Not counted as a failure: clocks are wrong by themselves."""

    def __init__(self, server_time: int) -> None:
        super().__init__()
        self.server_time = server_time


class NonceUsed(NotAuthenticated):
    """The signature is good and its nonce was spent before. Not counted as a failure."""

    code = "nonce_used"

    def __init__(self) -> None:
        super().__init__("this request was made before: sign each one anew, with a fresh nonce")


class MachineExpired(NotAuthenticated):
    """The signature is good, the machine's time is over. Not counted as a failure."""

    code = "machine_expired"

    def __init__(self) -> None:
        super().__init__("this machine has expired: enroll it anew")


class Refused(StrongroomError):
    """`reason` is a stable word, for the record and as the code; `message` says what is missing."""

    code = "refused"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = reason


class StepUpRequired(Refused):
    """The right is there; the proof of identity is older than ten minutes."""

    code = "step_up_required"

    def __init__(self) -> None:
        super().__init__(
            "step_up_required",
            "this needs a fresh proof: confirm your password (POST /api/session/step-up) and repeat",
        )


class NotFound(StrongroomError):
    """Absent, in the trash, or in another vault: never told apart."""

    code = "not_found"

    def __init__(self, what: str = "object") -> None:
        super().__init__(f"there is no such {what} here")


class Frozen(StrongroomError):
    """The project is frozen, and this is not done to a frozen project."""

    code = "frozen"

    def __init__(self) -> None:
        super().__init__("the project is frozen; its owner can lift that")


class Invalid(StrongroomError):
    """`field` is the camelCase name of the offending member, or None for the whole request."""

    code = "invalid"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooLarge(StrongroomError):
    """More was asked for than one answer carries."""

    code = "too_large"


class Conflict(StrongroomError):
    """What is there does not allow it."""

    code = "conflict"


class NameTaken(Conflict):
    """The name is in use where it must be unique."""

    code = "name_taken"


class Changed(Conflict):
    """`If-Match` named another revision than the present one."""

    code = "changed"

    def __init__(self) -> None:
        super().__init__("it was changed since you looked: read it again, then repeat the change")


class VaultSwitched(Conflict):
    """The page was made for another vault than the one the session acts in."""

    code = "vault_switched"

    def __init__(self) -> None:
        super().__init__("this session acts in another vault: reload, or switch vaults first")


class TooMany(StrongroomError):
    """`retry_after` is in seconds."""

    code = "too_many"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests: wait {retry_after} s")
        self.retry_after = retry_after


class Crowded(TooMany):
    """There is no room for one more password to be checked right now."""

    code = "crowded"

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__(retry_after)


class LockedOut(TooMany):
    """Too many failed authentications came from this address."""

    code = "locked_out"
