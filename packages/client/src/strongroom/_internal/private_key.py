"""A machine's or a person's private key: an Ed25519 key (RFC 8032), as PKCS#8 PEM on disk (RFC 8410)."""

import base64
import binascii
import hashlib
from typing import NoReturn, final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from strongroom._internal.system import random_bytes

_SEED_BYTES = 32
_PREFIX = bytes.fromhex("302e020100300506032b657004220420")
"""The DER prefix before the seed of any Ed25519 key without attributes."""

_BEGIN, _END = b"-----BEGIN PRIVATE KEY-----", b"-----END PRIVATE KEY-----"


@final
class PrivateKey:
    """A private key. It prints as its public fingerprint."""

    __slots__ = ("_key",)

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @classmethod
    def generate(cls) -> "PrivateKey":
        """Generate a key."""
        return cls(random_bytes(_SEED_BYTES))

    @classmethod
    def from_pem(cls, pem: bytes) -> "PrivateKey":
        """Parse PKCS#8 PEM without a passphrase. Raises `ValueError` for anything but an Ed25519 key."""
        seed = _seed_in(pem)
        return cls(seed if seed is not None else _seed_by_library(pem))

    def to_pem(self) -> bytes:
        """Return the key as PKCS#8 PEM without a passphrase, as stored on disk."""
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 -- see _seed_in
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def seed(self) -> bytes:
        """Return the 32 secret bytes, from which the offline cache's key is derived."""
        return self._key.private_bytes_raw()

    def sign(self, message: bytes) -> str:
        """Return the signature as machines send it: base64 of 64 bytes."""
        return base64.b64encode(self.sign_raw(message)).decode()

    def sign_raw(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature."""
        return self._key.sign(message)

    @property
    def public_key(self) -> str:
        """The public key as sent: base64 of the raw 32 bytes."""
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    @property
    def fingerprint(self) -> str:
        """The public key's fingerprint, for people to compare: its SHA-256 in groups of four."""
        digest = hashlib.sha256(self._key.public_key().public_bytes_raw()).digest()
        return digest.hex(" ", 2)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PrivateKey):
            return NotImplemented
        return self.public_key == other.public_key

    __hash__ = None  # pyright: ignore[reportAssignmentType] -- not needed

    def __repr__(self) -> str:
        return f"PrivateKey({self.fingerprint})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a PrivateKey can't be pickled or copied")


def _seed_in(pem: bytes) -> bytes | None:
    """Return the seed if the key has the form that all common tools write, otherwise None.

    The cryptography library's parser takes three times as long to import as everything else combined, which
    would slow down the start of every program.
    """
    text = pem.strip()
    if not (text.startswith(_BEGIN) and text.endswith(_END)):
        return None
    try:
        der = base64.b64decode(b"".join(text[len(_BEGIN) : -len(_END)].split()), validate=True)
    except binascii.Error:
        return None
    seed = der.removeprefix(_PREFIX)
    return seed if len(der) - len(seed) == len(_PREFIX) and len(seed) == _SEED_BYTES else None


def _seed_by_library(pem: bytes) -> bytes:
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 -- see _seed_in
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 -- the same
        load_pem_private_key,
    )

    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("not an Ed25519 key in PKCS#8 PEM without passphrase")  # noqa: TRY004
    return key.private_bytes_raw()
