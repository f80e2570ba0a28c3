"""The root key, which is 32 bytes that wrap all other keys, with its text form and key-check value."""

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
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")  # word processors replace hyphens with dashes


@final
class RootKey(Key):
    """The root key. It exists in memory and wherever the administrator stores it, and nowhere else."""

    __slots__ = ()


def new_root() -> RootKey:
    """Generate a root key of 32 random bytes."""
    return RootKey(random_bytes(KEY_BYTES))


def encode_root(root: RootKey) -> str:
    """Return the text form of a root key: `skr1-`, then base32 (RFC 4648) in groups of six."""
    body = base64.b32encode(root.raw() + _checksum(root.raw())).decode().rstrip("=")
    return _PREFIX + "-".join(body[i : i + _GROUP] for i in range(0, len(body), _GROUP))


def parse_root(text: str) -> RootKey:
    """Parse the output of `encode_root`. Case, spaces, line breaks and dashes don't matter.

    Raises `Invalid`, which explains what is wrong with the text and never repeats any of it.
    """
    compact = _SEPARATORS.sub("", text)
    prefix = _PREFIX.rstrip("-")
    if compact[: len(prefix)].lower() != prefix:
        raise Invalid(f"the root key starts with {_PREFIX}; enter all of it", field="root")
    body = compact[len(prefix) :]
    if not re.fullmatch(r"[A-Za-z2-7]*", body):
        raise Invalid(
            "the root key contains an invalid character: after the prefix, only A to Z and 2 to 7 are allowed"
            " (so type the letters O, I, L and B instead of 0, 1 and 8)",
            field="root",
        )
    if len(body) != _TEXT_LENGTH:
        raise Invalid(
            f"the root key has {len(body)} characters after its prefix, not {_TEXT_LENGTH};"
            " dashes and spaces don't count",
            field="root",
        )
    try:
        decoded = base64.b32decode(body.upper() + "=" * (-len(body) % 8))
    except binascii.Error:  # pragma: no cover - alphabet and length were checked above
        raise Invalid("the root key isn't valid base32", field="root") from None
    raw, checksum = decoded[:KEY_BYTES], decoded[KEY_BYTES:]
    # The last character has two unused bits; they are checked so that a root key has only one text form.
    canonical = base64.b32encode(decoded).decode().rstrip("=")
    intact = hmac.compare_digest(checksum, _checksum(raw))
    if not (hmac.compare_digest(canonical, body.upper()) and intact):
        raise Invalid("the root key's checksum doesn't match; check for typos", field="root")
    return RootKey(raw)


def derive_key(root: RootKey, deployment: str, use: str) -> Key:
    """Derive a key for one use from the root key with HKDF-SHA-256 (RFC 5869), salted by deployment."""
    kdf = HKDF(SHA256(), length=KEY_BYTES, salt=deployment.encode(), info=pae(LABEL, use.encode()))
    return Key(kdf.derive(root.raw()))


def key_check_value(root: RootKey, deployment: str, version: int) -> bytes:
    """Return 32 bytes that identify this root key as `version` of this deployment.

    They can be stored with the data, because they reveal nothing about a random root key. If a root key is
    derived from a passphrase, they make offline guessing possible, which is why passphrases are always
    generated.
    """
    message = pae(b"root", version.to_bytes(8, "big"))
    return hmac.digest(derive_key(root, deployment, "key-check").raw(), message, "sha256")


def check_root(root: RootKey, deployment: str, version: int, expected: bytes) -> None:
    """Raise `WrongRoot` unless `root` has the key-check value stored for `version`."""
    if not hmac.compare_digest(key_check_value(root, deployment, version), expected):
        raise WrongRoot(
            f"wrong root key: this database needs version {version};"
            " look for the one shown when that version was created"
        )


def _checksum(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()[:_CHECKSUM_BYTES]
