"""Ed25519 verification (RFC 8032), with libsodium only, through PyNaCl.

Other libraries accept crafted signatures under small-order keys. If such a key were registered, anyone could
sign for that machine. libsodium rejects these keys and signatures. Releases of libsodium before the fix for
CVE-2025-69277 let some keys outside the main subgroup pass the check at registration; `require_sound_library`
detects that at startup.
"""

from collections.abc import Callable

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from strongroom_core.kernel.errors import Invalid, NotAuthenticated

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64

_BASE_POINT = bytes.fromhex("58" + "66" * 31)
# The base point plus the point of order two. It is on the curve and has mixed order, and a library with
# CVE-2025-69277 considers it valid.
_MIXED_ORDER_POINT = bytes.fromhex("95" + "99" * 31)


STANDIN_KEY = bytes(SigningKey.generate().verify_key)
"""The key to use if the machine is unknown, so that the timing is the same. Nobody has its private key."""


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Raise `NotAuthenticated` unless `signature` (64 bytes) is this key's signature of `message`.

    The key must have passed `require_valid_public_key` at registration. Every cause raises the same error: a
    wrong length, a small-order key or R, an S not below the group order, or a wrong signature.
    """
    if len(public_key) == PUBLIC_KEY_BYTES and len(signature) == SIGNATURE_BYTES:
        try:
            VerifyKey(public_key).verify(message, signature)
        except BadSignatureError:
            pass
        else:
            return
    raise NotAuthenticated("invalid signature")


def require_valid_public_key(public_key: bytes) -> None:
    """Raise `Invalid` unless these 32 bytes are a point of the main subgroup, canonically encoded.

    This rejects points that aren't on the curve or have small or mixed order.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise Invalid(
            f"an Ed25519 public key must have {PUBLIC_KEY_BYTES} bytes, not {len(public_key)}",
            field="publicKey",
        )
    if not crypto_core_ed25519_is_valid_point(public_key):
        raise Invalid(
            "this isn't a usable Ed25519 public key; generate a key pair with a known tool and send"
            " the public key",
            field="publicKey",
        )


def require_sound_library(
    is_valid_point: Callable[[bytes], bool] = crypto_core_ed25519_is_valid_point,
) -> None:
    """Raise `RuntimeError` if the installed libsodium can't be trusted with registration.

    A known good point must pass, and a known point of mixed order must fail (CVE-2025-69277). The startup
    code checks the installed library; tests substitute one with the defect.
    """
    if not is_valid_point(_BASE_POINT) or is_valid_point(_MIXED_ORDER_POINT):
        raise RuntimeError(
            "the installed libsodium accepts invalid Ed25519 public keys (CVE-2025-69277);"
            " install pynacl 1.6.2 or later"
        )
