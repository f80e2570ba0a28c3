"""AES-256-GCM into and out of envelopes: the one place that touches the cipher.

Nonces are 96 random bits, as NIST SP 800-38D §8.2.2 allows up to 2^32 messages under a key. A data
key encrypts once; a root or project key wraps far fewer than 2^24 keys, where a collision is less
likely than 2^-49. AES-GCM does not commit to its key, which matters only where an attacker chooses
keys; nobody does here.
"""

from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from strongroom_core.crypto import envelope
from strongroom_core.crypto.aad import Context
from strongroom_core.crypto.key import Key
from strongroom_core.crypto.random import random_bytes
from strongroom_core.kernel.errors import IntegrityFailure


def into_envelope(key: Key, key_id: UUID, context: Context, message: bytes) -> bytes:
    """Encrypt `message` under `key`, bound to `context`, and return the envelope's bytes."""
    nonce = random_bytes(envelope.NONCE_BYTES)
    aad = context.aad(envelope.header_for(key_id))
    ciphertext = AESGCM(key.raw()).encrypt(nonce, message, aad)
    return envelope.Envelope(key_id, nonce, ciphertext).encode()


def from_envelope(key: Key, key_id: UUID, context: Context, blob: bytes) -> bytes:
    """Decrypt an envelope that `key` made for `context`.

    Raises `IntegrityFailure`, always the same, when the blob is malformed, names another key, was
    altered, or was made for another place. No other key is ever tried.
    """
    parsed = envelope.parse(blob)
    if parsed.key_id != key_id:
        raise IntegrityFailure
    return open_gcm(key, parsed.nonce, parsed.ciphertext, context.aad(parsed.header))


def open_gcm(key: Key, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """Decrypt bare AES-256-GCM, for `from_envelope` and for published test vectors.

    Takes a nonce of 12 bytes and a ciphertext that ends with the tag of 16; raises
    `IntegrityFailure` for other lengths as for a wrong tag.
    """
    if len(nonce) != envelope.NONCE_BYTES or len(ciphertext) < envelope.TAG_BYTES:
        raise IntegrityFailure
    try:
        return AESGCM(key.raw()).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        raise IntegrityFailure from None
