"""AES-256-GCM encryption into envelopes: the only use of the cipher.

Nonces are 96 random bits, which NIST SP 800-38D §8.2.2 allows for up to 2^32 messages per key. A data key
encrypts once. A root or project key wraps far fewer than 2^24 keys, and up to that number the probability of
a collision is below 2^-49. AES-GCM isn't key-committing, which matters only if an attacker can choose keys,
and nobody can do so here.
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
    header = envelope.header_for(key_id)
    ciphertext = AESGCM(key.raw()).encrypt(nonce, message, context.aad(header))
    return envelope.Envelope(header, nonce, ciphertext).encode()


def from_envelope(key: Key, key_id: UUID, context: Context, blob: bytes) -> bytes:
    """Decrypt an envelope that was encrypted under `key` for `context`.

    Raises the same `IntegrityFailure` whether the blob is malformed, contains another key's ID, was altered,
    or was created for another place. No other key is ever tried.
    """
    parsed = envelope.parse(blob)
    if parsed.header != envelope.header_for(key_id):
        raise IntegrityFailure
    return open_gcm(key, parsed.nonce, parsed.ciphertext, context.aad(parsed.header))


def open_gcm(key: Key, nonce: bytes, ciphertext: bytes, aad: bytes) -> bytes:
    """Decrypt bare AES-256-GCM, for `from_envelope` and for published test vectors.

    Takes a 12-byte nonce and a ciphertext that ends with the 16-byte tag. Raises `IntegrityFailure` for other
    lengths and for a wrong tag.
    """
    if len(nonce) != envelope.NONCE_BYTES or len(ciphertext) < envelope.TAG_BYTES:
        raise IntegrityFailure
    try:
        return AESGCM(key.raw()).decrypt(nonce, ciphertext, aad)
    except InvalidTag:
        raise IntegrityFailure from None
