"""A software passkey. It responds like a browser with a real passkey (W3C Web Authentication)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url, encode_cbor

from strongroom_core.crypto.random import random_bytes

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ORIGIN = "http://localhost:8200"
HOST = "localhost"


@dataclass(slots=True)
class Authenticator:
    """One passkey. `verifies` is true if it verifies its user, and `counts` if it has a counter."""

    origin: str = ORIGIN
    verifies: bool = True
    counts: bool = True
    counter: int = 0
    user: bytes = b""
    id: bytes = field(default_factory=lambda: random_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1()), repr=False
    )

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the response to the options for a new passkey."""
        self.user = _bytes(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public_key = encode_cbor(
            {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        )
        attested = bytes(16) + len(self.id).to_bytes(2) + self.id + public_key
        attestation = encode_cbor(
            {"fmt": "none", "attStmt": {}, "authData": self._data(ATTESTED) + attested}
        )
        return self._answer(
            {
                "clientDataJSON": self._client("webauthn.create", options),
                "attestationObject": bytes_to_base64url(attestation),
            }
        )

    def use(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the response to the options for using a passkey."""
        client = self._client("webauthn.get", options)
        data = self._data(0)
        signed = data + sha256(_bytes(client)).digest()
        return self._answer(
            {
                "clientDataJSON": client,
                "authenticatorData": bytes_to_base64url(data),
                "signature": bytes_to_base64url(self.key.sign(signed, ec.ECDSA(SHA256()))),
                "userHandle": bytes_to_base64url(self.user),
            }
        )

    def _data(self, flags: int) -> bytes:
        self.counter += self.counts
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        host = sha256(HOST.encode()).digest()
        return host + bytes((flags,)) + self.counter.to_bytes(4)

    def _client(self, kind: str, options: dict[str, Any]) -> str:
        client = {"type": kind, "challenge": options["challenge"], "origin": self.origin}
        return bytes_to_base64url(json.dumps(client).encode())

    def _answer(self, response: dict[str, str]) -> dict[str, Any]:
        name = bytes_to_base64url(self.id)
        return {
            "id": name,
            "rawId": name,
            "type": "public-key",
            "response": response,
            "clientExtensionResults": {},
        }


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
