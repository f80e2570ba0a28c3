"""Padding, so that a copy of the database reveals a value's length only to within 64 bytes."""

from nacl.bindings import sodium_pad, sodium_unpad
from nacl.exceptions import CryptoError

from strongroom_core.kernel.errors import IntegrityFailure

BLOCK_BYTES = 64


def pad(message: bytes) -> bytes:
    """Pad `message` to a multiple of 64 bytes, by at least one byte (ISO/IEC 7816-4)."""
    return sodium_pad(message, BLOCK_BYTES)


def unpad(padded: bytes) -> bytes:
    """Undo `pad`. Raises `IntegrityFailure` for bytes that `pad` can't produce."""
    # libsodium reads the last 64 bytes regardless of the length, so it must not be given fewer.
    if not padded or len(padded) % BLOCK_BYTES:
        raise IntegrityFailure
    try:
        return sodium_unpad(padded, BLOCK_BYTES)
    except CryptoError:
        raise IntegrityFailure from None
