"""Ed25519 verification (RFC 8032), with libsodium through PyNaCl and nothing else.

Other libraries accept crafted signatures under keys of small order: whoever enrolled such a key
would have an account that anybody can sign for. libsodium refuses such keys and such signatures.
Its releases before the fix of CVE-2025-69277 let some keys outside the main subgroup pass the check
made at enrolment, which `require_sound_library` finds out at start.
"""

from collections.abc import Callable

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from strongroom_core.kernel.errors import Invalid, NotAuthenticated

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64

_BASE_POINT = bytes.fromhex("58" + "66" * 31)
# The base point plus the point of order two, which is on the curve and of mixed order: the case
# that a library with CVE-2025-69277 takes for valid.
_MIXED_ORDER_POINT = bytes.fromhex("95" + "99" * 31)


STANDIN_KEY = bytes(SigningKey.generate().verify_key)
"""A key nobody holds, to verify against when there is none, so that both take the same time."""


def verify_signature(public_key: bytes, message: bytes, signature: bytes) -> None:
    """Raise `NotAuthenticated` unless `signature` (64 bytes) is the key's, over exactly `message`.

    The key must have passed `require_valid_public_key` when it was enrolled. Every cause raises the
    same: wrong lengths, a key or R of small order, S not below the group order, a wrong signature.
    """
    if len(public_key) == PUBLIC_KEY_BYTES and len(signature) == SIGNATURE_BYTES:
        try:
            VerifyKey(public_key).verify(message, signature)
        except BadSignatureError:
            pass
        else:
            return
    raise NotAuthenticated("the signature is not this key's signature of this request")


def require_valid_public_key(public_key: bytes) -> None:
    """Raise `Invalid` unless these 32 bytes are a point of the main subgroup, canonically encoded.

    Refused are points off the curve, of small order and of mixed order.
    """
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise Invalid(
            f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes, not {len(public_key)}",
            field="publicKey",
        )
    if not crypto_core_ed25519_is_valid_point(public_key):
        raise Invalid(
            "this is not a usable Ed25519 public key: make a key pair with a known tool and send"
            " its public half",
            field="publicKey",
        )


def require_sound_library(
    is_valid_point: Callable[[bytes], bool] = crypto_core_ed25519_is_valid_point,
) -> None:
    """Raise `RuntimeError` when the installed libsodium must not be trusted with enrolment.

    A known good point must pass and a known point of mixed order must not (CVE-2025-69277). Start-up
    asks the library's own judgement; the tests ask that of a library with the defect.
    """
    if not is_valid_point(_BASE_POINT) or is_valid_point(_MIXED_ORDER_POINT):
        raise RuntimeError(
            "the installed libsodium judges Ed25519 public keys wrongly (CVE-2025-69277);"
            " install pynacl 1.6.2 or later"
        )
