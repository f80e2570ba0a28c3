"""All errors of the domain, as a tree.

::

    StrongroomError
    ├── NotInitialised        `init` has not been run on this database
    ├── Sealed                the server has no root key yet
    ├── WrongRoot             not this database's root key
    ├── IntegrityFailure      a stored value couldn't be decrypted: altered, moved or damaged
    ├── Unavailable           the database is unavailable or read-only; nothing was done
    ├── Busy                  too much expensive work at once (backpressure)
    ├── NotAuthenticated      no valid authentication
    │   ├── WrongCredentials  a failed sign-in or step-up; the same for every cause
    │   ├── AuthenticationFailed  a failed signed request; the same for every cause
    │   │   └── Skewed        its time is too far from the database's time, which the error contains
    │   ├── NonceUsed         a repeated signed request (replay protection)
    │   ├── SignedTooEarly    signed before machines can authenticate again, after a restore
    │   ├── MachineExpired    a valid signature, but the machine has expired
    │   └── KeyEnded          a valid signature of a person's key that no longer works
    ├── Refused               the caller is known, but not allowed to do this
    │   ├── GuardrailFailed   a guardrail of a temporary machine
    │   ├── PolicyDenied      a condition of the secret's policy
    │   ├── SecondFactorRequired  the vault requires a second factor, and the session has none
    │   ├── BrowserRequired   a person's key can't do this; the person can, in a browser
    │   └── StepUpRequired    allowed once the user has confirmed their identity
    ├── NotFound              missing, deleted, or in another vault: never distinguished
    │   └── TimeToLiveOver    the secret's time to live has expired
    ├── Gone                  a link that can't be used; the reasons aren't distinguished
    ├── Frozen                the project is frozen
    ├── Invalid               the input is invalid; names the field and the remedy
    ├── TooLarge              more than fits in one response, or a search that takes too long; says what to do
    ├── Conflict              conflicts with the current state
    │   ├── NameTaken
    │   ├── Changed           changed since the caller read it (optimistic locking, If-Match)
    │   ├── CapReached        the plan allows no more of these; gives the cap, the usage and the remedy
    │   └── VaultSwitched     the page was made for a vault other than the session's
    └── TooMany               rate limiting; says how long to wait
        ├── RateCapped        a secret has been read as often as its policy allows
        ├── Crowded           too many of these at once; nothing was used up or counted
        └── LockedOut         too many failures from this IP address (lockout)

None of them has an HTTP status; the only table of those is in `strongroom_api.errors`. A message is for the
person who made the request. It says what to do, and never repeats a value that was sent.
"""

from datetime import datetime
from enum import StrEnum

from strongroom_wire.errors import Code


class Guardrail(StrEnum):
    """A guardrail of a temporary machine; the value is the reason in the audit log (M-7).

    They are checked in this order.
    """

    ADDRESS = "guardrail_address"
    COUNTRY = "guardrail_country"
    TIME = "guardrail_time"

    @property
    def meaning(self) -> str:
        """The reason why a request fails this guardrail."""
        return {
            Guardrail.ADDRESS: "its IP address isn't allowed",
            Guardrail.COUNTRY: "its country isn't allowed, or isn't known",
            Guardrail.TIME: "it isn't allowed at this time",
        }[self]


class Axis(StrEnum):
    """A kind of condition in a policy; the value is the reason in the audit log (P-2).

    They are checked in this order.
    """

    TIME = "policy_time"
    IP = "policy_ip"
    COSIGN = "policy_cosign"
    RATE = "policy_rate"
    TTL = "policy_ttl"
    ROTATE = "policy_rotate"
    """Never denies a read."""


class StrongroomError(Exception):
    """The base class of all our errors.

    `code` is stable: clients rely on it, and the audit log records it as the reason for a denial.
    """

    code: str = Code.INTERNAL_ERROR

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    @property
    def logged_as(self) -> str:
        """The reason for a denial in the audit log. It can be more exact than the code."""
        return self.code


class NotInitialised(StrongroomError):
    """`init` or `migrate` has not been run."""

    code = Code.NOT_INITIALISED


class Sealed(StrongroomError):
    """No root key has been entered yet."""

    code = Code.SEALED

    def __init__(self) -> None:
        super().__init__("the server is sealed; it needs its root key")


class WrongRoot(StrongroomError):
    """Not this database's root key; the message names the version that is needed."""

    code = "wrong_root"


class IntegrityFailure(StrongroomError):
    """One type and one message for every failed decryption, so that the error isn't an oracle."""

    code = Code.INTEGRITY_FAILURE

    def __init__(self) -> None:
        super().__init__("a stored value couldn't be decrypted; this has been logged")


class Unavailable(StrongroomError):
    """`retry_after` is in seconds. `reason` and `remedy` are for the administrator, never for clients.

    If `unsure`, the connection was lost during COMMIT, so nobody knows whether the change was made.
    """

    code = Code.UNAVAILABLE

    def __init__(
        self,
        retry_after: int = 2,
        *,
        reason: str = "the database is unreachable",
        remedy: str = "check that PostgreSQL is running, and that its URL is right",
        unsure: bool = False,
    ) -> None:
        super().__init__(
            "the database became unavailable while saving. Check whether this was saved, then try again"
            if unsure
            else "the database is unavailable or read-only; nothing was changed. Try again"
        )
        self.retry_after = retry_after
        self.reason = reason
        self.remedy = remedy


class Busy(StrongroomError):
    """`retry_after` is in seconds."""

    code = Code.BUSY

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__("the server is too busy; try again in a moment")
        self.retry_after = retry_after


class NotAuthenticated(StrongroomError):
    """The request isn't authenticated."""

    code = Code.NOT_AUTHENTICATED

    def __init__(self, message: str = "authentication required") -> None:
        super().__init__(message)


class WrongCredentials(NotAuthenticated):
    """The same error, after the same work, no matter what was wrong."""

    code = Code.WRONG_CREDENTIALS

    def __init__(self) -> None:
        super().__init__("")
        self.name("email or password")

    def name(self, asked: str) -> None:
        """Name everything that was `asked` for. The message doesn't reveal which part was wrong."""
        self.message = f"wrong {asked}, or too many attempts; wait a few minutes and try again"
        self.args = (self.message,)


class AuthenticationFailed(NotAuthenticated):
    """The same error for anything wrong before a signature is known to be valid (WIRE, section 1)."""

    code = Code.AUTHENTICATION_FAILED

    def __init__(self) -> None:
        super().__init__("authentication failed")


class Skewed(AuthenticationFailed):
    """`server_time` is in Unix seconds. It isn't counted as a failure, because clocks are often wrong."""

    def __init__(self, server_time: int) -> None:
        super().__init__()
        self.server_time = server_time


class NonceUsed(NotAuthenticated):
    """The signature is valid, but its nonce was used before. It isn't counted as a failure."""

    code = Code.NONCE_USED

    def __init__(self) -> None:
        super().__init__("this nonce was already used; sign each request with a new one")


class SignedTooEarly(NotAuthenticated):
    """The signature is valid, but older than any that is accepted now. Not counted as a failure."""

    code = Code.SIGNED_TOO_EARLY

    def __init__(self, let_in: datetime) -> None:
        super().__init__(
            f"after a restore or a wrong clock, requests signed before {let_in:%Y-%m-%d %H:%M:%S} UTC are"
            " rejected; try again then, or run `strongroom-server clock` on the server"
        )


class MachineExpired(NotAuthenticated):
    """The signature is valid, but the machine has expired. Not counted as a failure."""

    code = Code.MACHINE_EXPIRED

    def __init__(self) -> None:
        super().__init__("this machine has expired; register it again")


class KeyEnded(NotAuthenticated):
    """The signature is valid, but the person's key no longer works. Not counted as a failure."""

    code = Code.KEY_ENDED

    def __init__(self, reason: str) -> None:
        super().__init__(f"this key no longer works, because {reason}; run strongroom login")


class Refused(StrongroomError):
    """`message` says what is missing."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


class GuardrailFailed(Refused):
    """One of a temporary machine's guardrails denied the request; the message names the guardrail."""

    code = Code.TEMP_MACHINE_BLOCKED

    def __init__(self, guardrail: Guardrail) -> None:
        super().__init__(
            Code.TEMP_MACHINE_BLOCKED,
            f"a guardrail of this temporary machine denied the request: {guardrail.meaning}",
        )
        self._guardrail = guardrail

    @property
    def logged_as(self) -> str:
        """The guardrail."""
        return self._guardrail.value


class PolicyDenied(Refused):
    """The secret's policy denied the read; the message names the condition."""

    def __init__(self, axis: Axis) -> None:
        code, meaning = {
            Axis.TIME: (Code.POLICY_TIME, "it isn't allowed at this time"),
            Axis.IP: (Code.POLICY_IP, "it isn't allowed from this IP address"),
            Axis.COSIGN: (
                Code.POLICY_COSIGN,
                "another machine must read the secret first, and hasn't done so recently",
            ),
        }[axis]
        super().__init__(code, f"the secret's policy denied the read: {meaning}")


class SecondFactorRequired(Refused):
    """The vault requires a second factor, and the session was opened without one."""

    def __init__(self) -> None:
        super().__init__(
            Code.SECOND_FACTOR_REQUIRED,
            "this vault requires a second factor; add one under Your security",
        )


class StepUpRequired(Refused):
    """The user is allowed to do this, but must first confirm their identity.

    `server` is the URL for a person whose program has signed the request with their key.
    """

    def __init__(self, server: str | None = None) -> None:
        super().__init__(
            Code.STEP_UP_REQUIRED,
            "confirm your identity (POST /api/session/step-up) and try again"
            if server is None
            else f"this needs your password or passkey; do it in your browser, at {server}",
        )


class BrowserRequired(Refused):
    """A person's key can't do this, because it concerns their account, the server or another vault."""

    def __init__(self, server: str) -> None:
        super().__init__(
            Code.BROWSER_REQUIRED, f"a key can't do this; do it in your browser, at {server}"
        )


class NotFound(StrongroomError):
    """Missing, in the trash, or in another vault: never distinguished."""

    code = Code.NOT_FOUND

    def __init__(self, what: str = "object", advice: str | None = None) -> None:
        super().__init__(f"{what} not found" if advice is None else f"{what} not found; {advice}")


class TimeToLiveOver(NotFound):
    """The secret's policy deletes the secret, even if that hasn't happened yet. The caller isn't told why."""

    def __init__(self) -> None:
        super().__init__("secret")

    @property
    def logged_as(self) -> str:
        """The condition."""
        return Axis.TTL.value


class Gone(StrongroomError):
    """A share or drop box can't be opened. The error is the same for every reason (T-2, T-3, T-6)."""

    code = Code.GONE

    def __init__(self) -> None:
        super().__init__(
            "this link doesn't work: it was used, has expired, was revoked or never existed, or the"
            " passphrase is wrong; ask the sender for a new one"
        )


class Frozen(StrongroomError):
    """The project is frozen, which blocks this."""

    code = Code.FROZEN

    def __init__(self) -> None:
        super().__init__("the project is frozen; its owner can unfreeze it")


class Invalid(StrongroomError):
    """`field` is the invalid member's camelCase name, or None for the whole request."""

    code = Code.INVALID

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class TooLarge(StrongroomError):
    """The request asks for more than fits in one response, or for a search that takes too long."""

    code = Code.TOO_LARGE


class Conflict(StrongroomError):
    """The request conflicts with the current state."""

    code = Code.CONFLICT


class NameTaken(Conflict):
    """The name is in use and must be unique. `field` is the member that contains it, if that isn't `name`."""

    code = Code.NAME_TAKEN

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class Changed(Conflict):
    """`If-Match` doesn't match the current revision (optimistic locking)."""

    code = Code.CHANGED

    def __init__(self) -> None:
        super().__init__("changed since you last read it; read it again, then repeat the change")


class CapReached(Conflict):
    """A limit has been reached (Q-2). The message gives it, the usage, and where to change the plan."""

    code = Code.CAP_REACHED

    def __init__(self, cap: str, noun: str, *, used: int, most: int, plan: str) -> None:
        daily = cap.endswith("_per_day")
        remedy = "used; try again later" if daily else "in use; remove some"
        super().__init__(
            f"the {plan} plan's limit has been reached: {used:,} of {most:,} {noun} {remedy}, or see"
            " Settings → Plan for a larger plan"
        )
        self.cap = cap
        self.used = used
        self.most = most


class VaultSwitched(Conflict):
    """The page was made for a vault other than the session's."""

    code = Code.VAULT_SWITCHED

    def __init__(self) -> None:
        super().__init__(
            "this session is for another vault; reload the page, or switch vaults first"
        )


class TooMany(StrongroomError):
    """`retry_after` is in seconds."""

    code = Code.TOO_MANY

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests; wait {retry_after} s")
        self.retry_after = retry_after


class RateCapped(TooMany):
    """The secret has been read as often as its policy allows in this minute or day."""

    code = Code.POLICY_RATE


class Crowded(TooMany):
    """No capacity for another password check, export or request by this person right now."""

    code = Code.CROWDED

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__(retry_after)


class LockedOut(TooMany):
    """Too many failed authentications from this IP address."""

    code = Code.LOCKED_OUT
