"""Ed25519 as the machine and agent planes use it: forged and small-order input is rejected.

Run as a program, this file writes `vectors/ed25519_small_order.json`.
"""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import TypedDict

import pytest
from nacl.signing import SigningKey

from strongroom_core.crypto.signature import (
    require_sound_library,
    require_valid_public_key,
    verify_signature,
)
from strongroom_core.kernel.errors import Invalid, NotAuthenticated

VECTORS = Path(__file__).parent / "vectors" / "ed25519_small_order.json"
SIGNER = SigningKey(bytes(range(32)))
PUBLIC = bytes(SIGNER.verify_key)
MESSAGE = b"GET\n/v1/secrets/sec_marker\n"

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


class Forgery(TypedDict):
    """A signature made without a private key. `lax` says whether lax verifiers accept it."""

    publicKey: str
    message: str
    signature: str
    lax: bool


class Vectors(TypedDict):
    """The vector file."""

    about: str
    smallOrder: list[str]
    mixedOrder: list[str]
    sound: list[str]
    forgeries: list[Forgery]


def test_a_right_signature_passes() -> None:
    """M-1: the key's signature over exactly this message is accepted."""
    verify_signature(PUBLIC, MESSAGE, SIGNER.sign(MESSAGE).signature)
    verify_signature(PUBLIC, b"", SIGNER.sign(b"").signature)


@pytest.mark.parametrize("part", ["key", "message", "signature"])
def test_every_bit_counts(part: str) -> None:
    """M-1: flipping any bit of key, message or signature is detected."""
    whole = {"key": PUBLIC, "message": MESSAGE, "signature": SIGNER.sign(MESSAGE).signature}
    passed = 0
    for bit in range(8 * len(whole[part])):
        flipped = bytearray(whole[part])
        flipped[bit // 8] ^= 1 << bit % 8
        altered = {**whole, part: bytes(flipped)}
        try:
            verify_signature(altered["key"], altered["message"], altered["signature"])
        except NotAuthenticated:
            continue
        passed += 1

    assert passed == 0


@pytest.mark.parametrize("key_length", [0, 31, 32, 33, 64])
@pytest.mark.parametrize("signature_length", [0, 63, 64, 65, 128])
def test_other_lengths_are_rejected(key_length: int, signature_length: int) -> None:
    """M-1: keys and signatures of another length are rejected like any wrong signature."""
    with pytest.raises(NotAuthenticated):
        verify_signature(bytes(key_length), MESSAGE, bytes(signature_length))


def test_signatures_are_not_malleable() -> None:
    """M-1: S plus the group order, which a lax verifier accepts, is rejected (RFC 8032)."""
    signature = SIGNER.sign(MESSAGE).signature
    other = int.from_bytes(signature[32:], "little") + L

    with pytest.raises(NotAuthenticated):
        verify_signature(PUBLIC, MESSAGE, signature[:32] + other.to_bytes(32, "little"))


def test_real_public_keys_are_valid() -> None:
    """M-1: public keys of real key pairs are valid."""
    for number in range(50):
        seed = hashlib.sha256(bytes([number])).digest()
        require_valid_public_key(bytes(SigningKey(seed).verify_key))


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_keys_of_another_length_are_invalid(length: int) -> None:
    """M-1: a public key has 32 bytes, and the message says so."""
    with pytest.raises(Invalid, match=f"32 bytes, not {length}") as caught:
        require_valid_public_key(bytes(length))

    assert caught.value.field == "publicKey"


def test_points_off_the_curve_are_invalid() -> None:
    """M-1: about half of all y coordinates aren't on the curve; none of these is a valid key."""
    encodings = [y.to_bytes(32, "little") for y in range(2, 60)]
    off = [encoded for encoded in encodings if decode(encoded) is None]

    assert len(off) > 10
    for key in off:
        with pytest.raises(Invalid):
            require_valid_public_key(key)


def test_the_vectors_can_be_recomputed() -> None:
    """M-1: the vectors can be recomputed from the equations alone."""
    assert stored_vectors() == make_vectors()


def test_no_forgery_is_accepted() -> None:
    """M-1: none of the crafted signatures under small-order keys is accepted."""
    accepted = 0
    for forgery in stored_vectors()["forgeries"]:
        try:
            verify_signature(
                bytes.fromhex(forgery["publicKey"]),
                forgery["message"].encode(),
                bytes.fromhex(forgery["signature"]),
            )
        except NotAuthenticated:
            continue
        accepted += 1

    assert accepted == 0


def test_the_forgeries_would_pass_elsewhere() -> None:
    """M-1: the vectors can detect a faulty verifier: a lax one accepts forgeries for each of the 14 keys."""
    vectors = stored_vectors()
    fooled = {each["publicKey"] for each in vectors["forgeries"] if each["lax"]}

    assert len(vectors["forgeries"]) == 14 * 15
    assert fooled == set(vectors["smallOrder"])
    assert len(fooled) == 14


@pytest.mark.parametrize("kind", ["smallOrder", "mixedOrder"])
def test_keys_outside_the_main_subgroup_are_invalid(kind: str) -> None:
    """M-1: none of the 14 small-order encodings and 7 mixed-order points is a valid public key."""
    vectors = stored_vectors()
    keys = vectors["smallOrder"] if kind == "smallOrder" else vectors["mixedOrder"]
    enrolled = 0
    for key in keys:
        try:
            require_valid_public_key(bytes.fromhex(key))
        except Invalid:
            continue
        enrolled += 1

    assert len(keys) == {"smallOrder": 14, "mixedOrder": 7}[kind]
    assert enrolled == 0


def test_points_in_the_main_subgroup_are_valid() -> None:
    """M-1: the points that the mixed-order ones were made from are valid keys."""
    for key in stored_vectors()["sound"]:
        require_valid_public_key(bytes.fromhex(key))


def test_the_installed_library_is_sound() -> None:
    """M-1: the pinned library passes the check at startup."""
    require_sound_library()


def test_a_defective_library_stops_the_start() -> None:
    """CVE-2025-69277: a library that looks only at x after multiplying by the order fails the check."""

    def judges_by_x_alone(encoded: bytes) -> bool:
        point = decode(encoded)
        return point is not None and multiply(L, point)[0] == 0

    def judges_rightly(encoded: bytes) -> bool:
        point = decode(encoded)
        return point is not None and multiply(L, point) == NEUTRAL

    def refuses_all(_encoded: bytes) -> bool:
        return False

    require_sound_library(judges_rightly)
    for defective in (judges_by_x_alone, refuses_all):
        with pytest.raises(RuntimeError, match="CVE-2025-69277"):
            require_sound_library(defective)


def test_the_check_at_start_asks_the_case_of_the_defect() -> None:
    """CVE-2025-69277: the base point plus the point of order two has mixed order, as expected."""
    base = decode(bytes.fromhex("58" + "66" * 31))
    mixed = decode(bytes.fromhex("95" + "99" * 31))
    assert base is not None
    assert mixed is not None

    assert mixed == add(base, (0, P - 1))
    assert multiply(L, base) == NEUTRAL
    assert multiply(L, mixed) == (0, P - 1)


def stored_vectors() -> Vectors:
    """Read the vector file."""
    vectors: Vectors = json.loads(VECTORS.read_text())
    return vectors


def add(a: Point, b: Point) -> Point:
    """Add two points of edwards25519 (RFC 8032, §5.1.4), affine."""
    product = D * a[0] * b[0] * a[1] * b[1] % P
    x = (a[0] * b[1] + a[1] * b[0]) * pow(1 + product, -1, P)
    y = (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P)
    return x % P, y % P


def multiply(factor: int, point: Point) -> Point:
    """Multiply a point."""
    result = NEUTRAL
    while factor:
        if factor & 1:
            result = add(result, point)
        point = add(point, point)
        factor >>= 1
    return result


def encode(point: Point) -> bytes:
    """Return the canonical encoding of a point."""
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def decode(encoded: bytes) -> Point | None:
    """Decode a point as lax verifiers do: y may exceed the prime, and zero may be negative."""
    number = int.from_bytes(encoded, "little")
    sign, y = number >> 255, number % 2**255 % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x * x % P != square:
        return None
    return (P - x if x and x & 1 != sign else x), y


@cache
def torsion() -> list[Point]:
    """Return the eight points of small order, as multiples of one of order eight."""
    y = 2
    while True:
        point = decode(y.to_bytes(32, "little"))
        generator = multiply(L, point) if point else NEUTRAL
        if multiply(4, generator) != NEUTRAL:
            return [multiply(factor, generator) for factor in range(8)]
        y += 1


def small_order_encodings() -> list[bytes]:
    """Return all 14 encodings that lax verifiers decode to a point of small order."""
    found = set[bytes]()
    for x, y in torsion():
        for written in (y, y + P):
            signs = (0, 1) if x == 0 else (x & 1,)
            found |= {
                (written | sign << 255).to_bytes(32, "little") for sign in signs if written < 2**255
            }
    return sorted(found)


def accepted_by_a_lax_verifier(key: bytes, message: bytes, signature: bytes) -> bool:
    """Check the equation of RFC 8032 and nothing else."""
    a, r = decode(key), decode(signature[:32])
    if a is None or r is None:
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    h = int.from_bytes(digest, "little") % L
    # A small-order key has an order that divides eight, so the remainder determines its multiple.
    s = int.from_bytes(signature[32:], "little")
    return multiply(s, base_point()) == add(r, multiply(h % 8, a))


@cache
def base_point() -> Point:
    """Return the base point."""
    point = decode(bytes.fromhex("58" + "66" * 31))
    assert point is not None
    return point


def forge(key: bytes, r: list[bytes], s: int) -> Forgery:
    """Look for a message under which one of the `r` with this S passes a lax verifier."""
    for number in range(64):
        message = f"strongroom small order {number}"
        for candidate in r:
            signature = candidate + s.to_bytes(32, "little")
            if accepted_by_a_lax_verifier(key, message.encode(), signature):
                return _forgery(key, message, signature, lax=True)
    return _forgery(key, "strongroom small order 0", r[0] + s.to_bytes(32, "little"), lax=False)


def _forgery(key: bytes, message: str, signature: bytes, *, lax: bool) -> Forgery:
    return {
        "publicKey": key.hex(),
        "message": message,
        "signature": signature.hex(),
        "lax": lax,
    }


def make_vectors() -> Vectors:
    """Make the vectors: for each key, S=0 with every small-order R, and S=7 with R next to 7·B."""
    keys = small_order_encodings()
    seven = multiply(7, base_point())
    beside = [encode(add(seven, point)) for point in torsion()]
    forgeries = [forge(key, [r], 0) for key in keys for r in keys]
    forgeries += [forge(key, beside, 7) for key in keys]
    sound = [multiply(factor, base_point()) for factor in range(3, 10)]
    return {
        "about": "Ed25519 keys outside the main subgroup; signatures made without a private key",
        "smallOrder": [key.hex() for key in keys],
        "mixedOrder": [
            encode(add(point, small)).hex()
            for point, small in zip(sound, torsion()[1:], strict=True)
        ],
        "sound": [encode(point).hex() for point in sound],
        "forgeries": forgeries,
    }


if __name__ == "__main__":
    VECTORS.parent.mkdir(exist_ok=True)
    VECTORS.write_text(json.dumps(make_vectors(), indent=1) + "\n")
