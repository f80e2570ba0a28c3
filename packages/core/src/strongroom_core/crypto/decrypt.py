"""Decrypts values. This is the only way to read a stored value.

An import contract lists the modules that can import this one. To audit the code, start with those modules.
"""

from strongroom_core.crypto import aead, envelope
from strongroom_core.crypto.aad import (
    Context,
    MaterialAddress,
    data_key_context,
    value_context,
)
from strongroom_core.crypto.encrypt import EncryptedValue
from strongroom_core.crypto.key import KEY_BYTES, Key
from strongroom_core.crypto.keyring import ProjectKey, SystemKey
from strongroom_core.crypto.padding import unpad
from strongroom_core.kernel.errors import IntegrityFailure
from strongroom_core.kernel.plaintext import Plaintext


def decrypt_value(
    key: ProjectKey, address: MaterialAddress, encrypted: EncryptedValue
) -> Plaintext:
    """Decrypt a value that `encrypt_value` encrypted for exactly this place.

    Raises the same `IntegrityFailure` whether the value was altered, moved from another place, paired with
    another data key, or encrypted under another project key.
    """
    data_key_id = envelope.parse(encrypted.ciphertext).key_id
    raw = aead.from_envelope(
        key, key.id, data_key_context(address, data_key_id), encrypted.data_key
    )
    if len(raw) != KEY_BYTES:
        raise IntegrityFailure
    padded = aead.from_envelope(Key(raw), data_key_id, value_context(address), encrypted.ciphertext)
    return Plaintext(unpad(padded))


def decrypt_share(key: Key, context: Context, ciphertext: bytes) -> Plaintext:
    """Decrypt a share's content. Raises `IntegrityFailure` as `decrypt_value` does."""
    key_id = envelope.parse(ciphertext).key_id
    return Plaintext(unpad(aead.from_envelope(key, key_id, context, ciphertext)))


def decrypt_for_server(key: SystemKey, context: Context, ciphertext: bytes) -> Plaintext:
    """Decrypt one of the server's own secrets. Raises `IntegrityFailure` as `decrypt_value` does."""
    return Plaintext(unpad(aead.from_envelope(key, key.id, context, ciphertext)))
