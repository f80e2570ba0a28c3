"""The codes of errors on the signed planes. Stable: clients decide by them, people read `error`."""

from enum import StrEnum


class Code(StrEnum):
    """What went wrong. The status each has is in the wire specification, section 2."""

    MALFORMED = "malformed"
    AUTHENTICATION_FAILED = "authentication_failed"
    MACHINE_EXPIRED = "machine_expired"
    MACHINE_PENDING = "machine_pending"
    MACHINE_DISABLED = "machine_disabled"
    NO_GRANT = "no_grant"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    FROZEN = "frozen"
    LOCKED_OUT = "locked_out"
    TOO_MANY = "too_many"
    SEALED = "sealed"
    UNAVAILABLE = "unavailable"
