"""A signing key of an OpenID Connect issuer, for the demo's own issuer and for tests.

Strongroom never signs ID tokens for anyone else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

RSA_SIZE = 2048
_EXPONENT = 65_537


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A private key, and the ID by which tokens refer to it."""

    key_id: str
    algorithm: str
    private: Any = field(repr=False)

    @classmethod
    def generate(cls, algorithm: str = "ES256", key_id: str = "1") -> IssuerKey:
        """Generate a key for RS256, ES256 or EdDSA."""
        private: Any
        match algorithm:
            case "RS256":
                private = rsa.generate_private_key(_EXPONENT, RSA_SIZE)
            case "ES256":
                private = ec.generate_private_key(ec.SECP256R1())
            case _:
                private = ed25519.Ed25519PrivateKey.generate()
        return cls(key_id, algorithm, private)

    def pem(self) -> bytes:
        """Return the private key as PKCS #8."""
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def public_pem(self) -> bytes:
        """Return the public key as PEM."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self.private.public_key().public_bytes(serialization.Encoding.PEM, form)

    def jwk(self) -> dict[str, Any]:
        """Return the public key as a JSON Web Key."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        public: Any = algorithm.to_jwk(self.private.public_key(), as_dict=True)
        wanted = {name: text for name, text in public.items() if name != "key_ops"}
        return {**wanted, "kid": self.key_id, "alg": self.algorithm, "use": "sig"}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        """Return an ID token with these claims."""
        named = {"kid": self.key_id, **header}
        payload = json.dumps(claims, separators=(",", ":")).encode()
        return jwt.PyJWS().encode(payload, self.private, self.algorithm, headers=named)
