"""A machine key that the server generates, for the demo and for machines with a key file."""

from __future__ import annotations

from base64 import b64encode
from typing import final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from nacl.signing import SigningKey

from strongroom_core.crypto.key import Key
from strongroom_core.crypto.random import random_bytes


@final
class MachineKey(Key):
    """An Ed25519 private key (RFC 8032), as its 32-byte seed."""

    __slots__ = ()

    @property
    def public_key(self) -> str:
        """The public key in wire format: base64 of the raw 32 bytes."""
        return b64encode(bytes(SigningKey(self.raw()).verify_key)).decode()

    def to_pem(self) -> bytes:
        """Return the private key as PKCS#8 PEM (RFC 8410), as clients store it."""
        private = Ed25519PrivateKey.from_private_bytes(self.raw())
        return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, message: bytes) -> str:
        """Return the signature in wire format: base64 of 64 bytes."""
        return b64encode(SigningKey(self.raw()).sign(message).signature).decode()


def new_machine_key() -> MachineKey:
    """Generate a key."""
    return MachineKey(random_bytes(32))
