"""The error codes, their meanings, and which clients can get them. `docs/errors.md` is generated from them.

A code is stable, so programs can rely on it. The message next to it in a response can change.
"""

from enum import Flag, StrEnum
from typing import Any, Self


class Met(Flag):
    """Who can get a code."""

    PEOPLE = 1
    """Callers of the API under `/api/`."""
    MACHINES = 2
    READING = 4
    """Machines that read values."""
    READS = MACHINES | READING
    ALL = PEOPLE | READS


def _described(code: str, met: Met, meaning: str) -> Any:
    """Return the arguments of a member. With a plain tuple, pyright infers that no string equals it."""
    return code, met, meaning


class Code(StrEnum):
    """An error code, which identifies what went wrong. The status for each code is in `docs/errors.md`."""

    meaning: str
    met: Met

    def __new__(cls, code: str, met: Met, meaning: str) -> Self:
        """Create a member whose value is the code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.met, member.meaning = met, meaning
        return member

    INVALID = _described(
        "invalid", Met.ALL, "The request contains something invalid; `field` may name it."
    )
    WRONG_VAULT_HEADER = _described(
        "wrong_vault_header", Met.PEOPLE, "The `X-Strongroom-Vault` header is empty or repeated."
    )
    NOT_AUTHENTICATED = _described(
        "not_authenticated", Met.PEOPLE, "There is no session, or it has expired."
    )
    WRONG_CREDENTIALS = _described(
        "wrong_credentials",
        Met.PEOPLE,
        "Wrong email or password, or too many attempts.",
    )
    AUTHENTICATION_FAILED = _described(
        "authentication_failed",
        Met.ALL,
        "The signature isn't valid for this key, machine, time and request.",
    )
    NONCE_USED = _described("nonce_used", Met.ALL, "The nonce was used before (replay protection).")
    SIGNED_TOO_EARLY = _described(
        "signed_too_early",
        Met.ALL,
        "Signed before the earliest accepted time, which is set after a restore or a clock error.",
    )
    MACHINE_EXPIRED = _described("machine_expired", Met.READS, "The machine has expired.")
    KEY_ENDED = _described(
        "key_ended",
        Met.PEOPLE,
        "The person's key has expired or was revoked, or its owner can't use the vault anymore.",
    )
    MACHINE_PENDING = _described("machine_pending", Met.READS, "The machine is pending approval.")
    MACHINE_DISABLED = _described("machine_disabled", Met.READS, "The machine is disabled.")
    TEMP_MACHINE_BLOCKED = _described(
        "temp_machine_blocked",
        Met.READS,
        "A guardrail of a temporary machine denied the request; the message says which.",
    )
    ENROLLMENT_REVOKED = _described(
        "enrollment_revoked", Met.MACHINES, "The enrollment token was revoked."
    )
    ENROLLMENT_EXPIRED = _described(
        "enrollment_expired", Met.MACHINES, "The enrollment token has expired."
    )
    ENROLLMENT_USED_UP = _described(
        "enrollment_used_up",
        Met.MACHINES,
        "The enrollment token has been used as many times as it allows.",
    )
    ENROLLMENT_ADDRESS = _described(
        "enrollment_address",
        Met.MACHINES,
        "Machines can't enroll from this IP address.",
    )
    ENROLLMENT_HOSTNAME = _described(
        "enrollment_hostname",
        Met.MACHINES,
        "The hostname doesn't match the pattern that is required for enrollment.",
    )
    ADDRESS_DENIED = _described(
        "address_denied", Met.READS, "The vault's IP allowlist doesn't contain this address."
    )
    OWNER_INACTIVE = _described(
        "owner_inactive", Met.READS, "The account that owns the vault is not active."
    )
    NO_GRANT = _described(
        "no_grant",
        Met.READS,
        "The machine is not attached to the project, or the secret isn't granted to it.",
    )
    POLICY_TIME = _described(
        "policy_time", Met.READS, "The secret's policy doesn't allow reads at this time."
    )
    POLICY_IP = _described(
        "policy_ip", Met.READS, "The secret's policy doesn't allow reads from this IP address."
    )
    POLICY_COSIGN = _described(
        "policy_cosign",
        Met.READS,
        "The secret's policy requires that another machine has just read the secret.",
    )
    NO_CAPABILITY = _described(
        "no_capability", Met.PEOPLE, "The user's role doesn't allow the action."
    )
    WRONG_PLANE = _described("wrong_plane", Met.PEOPLE, "This action is not available here.")
    SECOND_FACTOR_REQUIRED = _described(
        "second_factor_required",
        Met.PEOPLE,
        "The vault requires a second factor, and the session was opened without one.",
    )
    STEP_UP_REQUIRED = _described(
        "step_up_required",
        Met.PEOPLE,
        "You must have confirmed your identity in the last 10 minutes (step-up authentication).",
    )
    BROWSER_REQUIRED = _described(
        "browser_required",
        Met.PEOPLE,
        "A person's key can't do this; the person can, in a browser.",
    )
    SETUP_LINK = _described(
        "setup_link", Met.PEOPLE, "The one-time link was used, has expired or never existed."
    )
    SIGN_UP_CLOSED = _described(
        "sign_up_closed",
        Met.PEOPLE,
        "Sign-up is turned off, or the setup link hasn't been used yet.",
    )
    ACCOUNT_LINK = _described(
        "account_link", Met.PEOPLE, "The one-time link was used, has expired or never existed."
    )
    WRONG_ORIGIN = _described(
        "wrong_origin",
        Met.PEOPLE,
        "The `Origin` header isn't the server's public URL (CSRF protection).",
    )
    CLIENT_HEADER_MISSING = _described(
        "client_header_missing", Met.PEOPLE, "The `X-Strongroom-Client` header is missing."
    )
    NOT_FOUND = _described(
        "not_found",
        Met.ALL,
        "The object doesn't exist, or is in the trash or in another vault.",
    )
    GONE = _described(
        "gone",
        Met.PEOPLE,
        "The link was used, has expired, was revoked or never existed, or the passphrase is wrong.",
    )
    METHOD_NOT_ALLOWED = _described(
        "method_not_allowed", Met.PEOPLE | Met.MACHINES, "The path doesn't support this method."
    )
    CONFLICT = _described(
        "conflict", Met.PEOPLE | Met.MACHINES, "The request conflicts with the current state."
    )
    CAP_REACHED = _described("cap_reached", Met.PEOPLE, "The vault's plan allows no more of these.")
    NAME_TAKEN = _described("name_taken", Met.PEOPLE, "The name is in use and must be unique.")
    VAULT_SWITCHED = _described(
        "vault_switched",
        Met.PEOPLE,
        "The session is for a different vault than the request.",
    )
    CHANGED = _described(
        "changed", Met.PEOPLE, "`If-Match` doesn't match the current revision (optimistic locking)."
    )
    TOO_LARGE = _described(
        "too_large",
        Met.ALL,
        "The request is too large, or its response would be, or a search takes too long.",
    )
    UNSUPPORTED_MEDIA_TYPE = _described(
        "unsupported_media_type", Met.PEOPLE | Met.MACHINES, "The body is not JSON."
    )
    FROZEN = _described("frozen", Met.ALL, "The project is frozen.")
    TOO_MANY = _described(
        "too_many",
        Met.ALL,
        "Too many requests (rate limiting); `Retry-After` is the number of seconds to wait.",
    )
    POLICY_RATE = _described(
        "policy_rate",
        Met.READS,
        "The secret has been read as often as its policy allows; wait for `Retry-After` seconds.",
    )
    LOCKED_OUT = _described(
        "locked_out", Met.ALL, "Too many failed authentications from this IP address (lockout)."
    )
    CROWDED = _described(
        "crowded",
        Met.ALL,
        "Too many password checks, exports or requests by this account are running; nothing was used up or"
        " counted.",
    )
    INTEGRITY_FAILURE = _described(
        "integrity_failure", Met.ALL, "A stored value could not be decrypted."
    )
    INTERNAL_ERROR = _described(
        "internal_error",
        Met.PEOPLE | Met.MACHINES,
        "Something unexpected happened; look up the request ID in the server's log.",
    )
    BUSY = _described("busy", Met.ALL, "Too many requests of this kind are running (backpressure).")
    UNAVAILABLE = _described(
        "unavailable", Met.ALL, "The database is unavailable or read-only; nothing was done."
    )
    SEALED = _described("sealed", Met.ALL, "The server is sealed: it has no root key yet.")
    NOT_INITIALISED = _described(
        "not_initialised", Met.PEOPLE | Met.MACHINES, "The server is not initialized."
    )


READ_REASONS = frozenset(code for code in Code if Met.READING in code.met)
"""The codes for denied reads."""
