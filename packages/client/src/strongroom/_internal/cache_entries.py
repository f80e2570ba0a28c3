"""One encrypted entry of the offline cache (WIRE, section 4). All clients use the same format.

The key is derived from the machine's key (HKDF-SHA256, RFC 5869); the entry is AES-256-GCM (NIST SP
800-38D) with a random nonce; vault, machine, secret and time are bound to it as additional authenticated
data (AAD).
"""

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom._internal.sanitize import optional_number, optional_text, text
from strongroom._internal.system import random_bytes

FORMAT = 1
LABEL = "sikkerkey-cache-v1"
KEY_BYTES, NONCE_BYTES = 32, 12


class EntryUnreadable(ValueError):
    """The entry was altered, belongs to another machine, or has an unknown format."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry's content. `cached_at` is in Unix seconds; `field_names` is a JSON array in a string.

    `version` is the secret's version, if known. Other clients don't store it, and ignore it.
    """

    value: str = field(repr=False)
    cached_at: int
    name: str | None = None
    field_names: str | None = None
    version: int | None = None

    @property
    def time(self) -> datetime:
        """When the value was cached."""
        return datetime.fromtimestamp(self.cached_at, UTC)


@dataclass(frozen=True, slots=True)
class CacheKey:
    """The key for one machine's entries in one vault."""

    vault: str
    machine: str
    key: bytes = field(repr=False)

    @classmethod
    def derive(cls, seed: bytes, *, vault: str, machine: str) -> "CacheKey":
        """Derive the key from the 32 bytes of the machine's Ed25519 private key."""
        derivation = HKDF(SHA256(), KEY_BYTES, salt=vault.encode(), info=LABEL.encode())
        return cls(vault, machine, derivation.derive(seed))

    def encrypt(self, secret: str, kept: Kept, *, nonce: bytes | None = None) -> bytes:
        """Return a secret's encrypted entry. The nonce is random, except in test vectors."""
        nonce = nonce or random_bytes(NONCE_BYTES)
        content = {
            "value": kept.value,
            "name": kept.name,
            "fieldNames": kept.field_names,
            "version": kept.version,
        }
        plain = json.dumps({name: each for name, each in content.items() if each is not None})
        encrypted = AESGCM(self.key).encrypt(
            nonce, plain.encode(), self._aad(secret, kept.cached_at)
        )
        entry = {
            "v": FORMAT,
            "nonce": base64.b64encode(nonce).decode(),
            "ct": base64.b64encode(encrypted).decode(),
            "cachedAt": kept.cached_at,
        }
        return json.dumps(entry, separators=(",", ":")).encode()

    def decrypt(self, secret: str, entry: bytes) -> Kept:
        """Decrypt a secret's entry. Raises `EntryUnreadable`, one error for every cause."""
        kept = self._open(secret, entry)
        if kept is None:
            raise EntryUnreadable(f"can't decrypt the cached entry of {secret}")
        return kept

    def _open(self, secret: str, entry: bytes) -> Kept | None:
        try:
            found: Any = json.loads(entry)
            if found["v"] != FORMAT or type(found["cachedAt"]) is not int:
                return None
            at: int = found["cachedAt"]
            nonce, encrypted = (
                base64.b64decode(found[part], validate=True) for part in ("nonce", "ct")
            )
            plain: Any = json.loads(
                AESGCM(self.key).decrypt(nonce, encrypted, self._aad(secret, at))
            )
            return Kept(
                text(plain["value"]),
                at,
                optional_text(plain.get("name")),
                optional_text(plain.get("fieldNames")),
                optional_number(plain.get("version")),
            )
        except (InvalidTag, ValueError, KeyError, TypeError, AttributeError):
            return None

    def _aad(self, secret: str, cached_at: int) -> bytes:
        return "\0".join((LABEL, self.vault, self.machine, secret, str(cached_at))).encode()
