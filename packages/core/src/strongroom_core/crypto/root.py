"""The root: 32 bytes above all keys, its text for people, and its key-check value."""

import base64
import binascii
import hashlib
import hmac
import re
from typing import final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom_core.crypto.aad import LABEL, pae
from strongroom_core.crypto.key import KEY_BYTES, Key
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.errors import Invalid, WrongRoot

_PREFIX = "skr1-"
_CHECKSUM_BYTES = 4
_TEXT_LENGTH = 58  # 36 bytes in base32 without its padding
_GROUP = 6
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")  # word processors lengthen dashes


@final
class RootKey(Key):
    """The root. It exists in memory and wherever the operator keeps it, and nowhere else."""

    __slots__ = ()


def new_root() -> RootKey:
    """Make a root of 32 random bytes."""
    return RootKey(random_bytes(KEY_BYTES))


def encode_root(root: RootKey) -> str:
    """Write a root for people: `skr1-`, then base32 (RFC 4648) in groups of six."""
    body = base64.b32encode(root.raw() + _checksum(root.raw())).decode().rstrip("=")
    return _PREFIX + "-".join(body[i : i + _GROUP] for i in range(0, len(body), _GROUP))


def parse_root(text: str) -> RootKey:
    """Read what `encode_root` wrote, typed in any case, with any spaces, line breaks and dashes.

    Raises `Invalid`, which says what is wrong with the text and never repeats any of it.
    """
    compact = _SEPARATORS.sub("", text)
    prefix = _PREFIX.rstrip("-")
    if compact[: len(prefix)].lower() != prefix:
        raise Invalid(f"the root starts with {_PREFIX}; give the whole text", field="root")
    body = compact[len(prefix) :]
    if not re.fullmatch(r"[A-Za-z2-7]*", body):
        raise Invalid(
            "the root has a character that no root has: after the prefix only A to Z and 2 to 7"
            " occur (so it is the letter O, I, L or B, not 0, 1 or 8)",
            field="root",
        )
    if len(body) != _TEXT_LENGTH:
        raise Invalid(
            f"the root has {len(body)} characters after its prefix, not {_TEXT_LENGTH};"
            " dashes and spaces do not count",
            field="root",
        )
    try:
        decoded = base64.b32decode(body.upper() + "=" * (-len(body) % 8))
    except binascii.Error:  # pragma: no cover - alphabet and length were checked above
        raise Invalid("the root is not base32", field="root") from None
    raw, checksum = decoded[:KEY_BYTES], decoded[KEY_BYTES:]
    # The last character carries two spare bits; they are checked so that one root has one text.
    canonical = base64.b32encode(decoded).decode().rstrip("=")
    intact = hmac.compare_digest(checksum, _checksum(raw))
    if not (hmac.compare_digest(canonical, body.upper()) and intact):
        raise Invalid("the root's checksum does not match: look for a typing error", field="root")
    return RootKey(raw)


def derive_key(root: RootKey, deployment: str, use: str) -> Key:
    """Derive a key for one use from the root with HKDF-SHA-256 (RFC 5869), salted by deployment."""
    kdf = HKDF(SHA256(), length=KEY_BYTES, salt=deployment.encode(), info=pae(LABEL, use.encode()))
    return Key(kdf.derive(root.raw()))


def key_check_value(root: RootKey, deployment: str, version: int) -> bytes:
    """Return 32 bytes that recognise this root as `version` of this deployment.

    They may be stored beside the data: they reveal nothing about a random root. For a root derived
    from a passphrase they let a thief of the database guess, which is why passphrases are
    generated.
    """
    message = pae(b"root", version.to_bytes(8, "big"))
    return hmac.digest(derive_key(root, deployment, "key-check").raw(), message, "sha256")


def check_root(root: RootKey, deployment: str, version: int, expected: bytes) -> None:
    """Raise `WrongRoot` unless `root` has the key-check value stored for `version`."""
    if not hmac.compare_digest(key_check_value(root, deployment, version), expected):
        raise WrongRoot(
            f"this is not the root of this database: it wants root version {version};"
            " look for the root that was shown when that version was made"
        )


def _checksum(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()[:_CHECKSUM_BYTES]
