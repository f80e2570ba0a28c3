"""Padding, so that a copy of the database shows the length of a value only to within 64 bytes."""

from nacl.bindings import sodium_pad, sodium_unpad
from nacl.exceptions import CryptoError

from strongroom_core.kernel.errors import IntegrityFailure

BLOCK_BYTES = 64


def pad(message: bytes) -> bytes:
    """Lengthen `message` to a multiple of 64 bytes, by at least one (ISO/IEC 7816-4)."""
    return sodium_pad(message, BLOCK_BYTES)


def unpad(padded: bytes) -> bytes:
    """Undo `pad`. Raises `IntegrityFailure` for bytes that `pad` did not make."""
    # libsodium looks at the last 64 bytes whatever the length, so a shorter text must not reach it.
    if not padded or len(padded) % BLOCK_BYTES:
        raise IntegrityFailure
    try:
        return sodium_unpad(padded, BLOCK_BYTES)
    except CryptoError:
        raise IntegrityFailure from None
