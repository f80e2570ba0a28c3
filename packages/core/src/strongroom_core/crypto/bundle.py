"""A machine's private key until it is downloaded, encrypted so that only the link can decrypt it.

The key is derived from the link's token, of which the database has only a hash. So the private key can't be
decrypted with the database, a backup of it, or the root key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom_core.crypto import aead
from strongroom_core.crypto.aad import LABEL, bundle_context, pae
from strongroom_core.crypto.key import KEY_BYTES, Key
from strongroom_core.crypto.machine_key import MachineKey

if TYPE_CHECKING:
    from uuid import UUID


def seal_machine_key(
    token: str, key: MachineKey, *, deployment: str, vault: str, machine: UUID
) -> bytes:
    """Encrypt a machine's private key under a key from the link's token, bound to the machine."""
    context = bundle_context(deployment, vault, machine)
    return aead.into_envelope(_key_of(token, deployment), machine, context, key.raw())


def open_machine_key(
    token: str, blob: bytes, *, deployment: str, vault: str, machine: UUID
) -> MachineKey:
    """Decrypt the private key. Raises `IntegrityFailure` for another token, machine, vault or deployment."""
    context = bundle_context(deployment, vault, machine)
    return MachineKey(aead.from_envelope(_key_of(token, deployment), machine, context, blob))


def _key_of(token: str, deployment: str) -> Key:
    """Derive the key with HKDF-SHA-256 (RFC 5869) from the token, which has 256 random bits."""
    kdf = HKDF(SHA256(), length=KEY_BYTES, salt=deployment.encode(), info=pae(LABEL, b"bundle"))
    return Key(kdf.derive(token.encode()))
