"""Encrypts values."""

from dataclasses import dataclass, field

from strongroom_core.crypto import aead
from strongroom_core.crypto.aad import (
    Context,
    MaterialAddress,
    data_key_context,
    value_context,
)
from strongroom_core.crypto.key import KEY_BYTES, Key
from strongroom_core.crypto.keyring import ProjectKey, SystemKey
from strongroom_core.crypto.padding import pad
from strongroom_core.crypto.random import new_key_id, random_bytes
from strongroom_core.kernel.plaintext import Plaintext


@dataclass(frozen=True, slots=True)
class EncryptedValue:
    """A value's two envelopes: its data key, wrapped by the project key, and its ciphertext."""

    data_key: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


def encrypt_value(key: ProjectKey, address: MaterialAddress, value: Plaintext) -> EncryptedValue:
    """Encrypt a value for exactly one place, with a data key generated for this one encryption (E-1).

    The value is first padded to a multiple of 64 bytes. The caller must limit its length.
    """
    data_key = Key(random_bytes(KEY_BYTES))
    data_key_id = new_key_id()
    return EncryptedValue(
        data_key=aead.into_envelope(
            key, key.id, data_key_context(address, data_key_id), data_key.raw()
        ),
        ciphertext=aead.into_envelope(
            data_key, data_key_id, value_context(address), pad(value.reveal())
        ),
    )


def encrypt_share(key: Key, context: Context, content: Plaintext) -> bytes:
    """Encrypt a share's content, padded like a value, with the key from its link and passphrase."""
    return aead.into_envelope(key, new_key_id(), context, pad(content.reveal()))


def encrypt_for_server(key: SystemKey, context: Context, secret: Plaintext) -> bytes:
    """Encrypt a secret that the server itself needs, such as the seed of one-time codes (E-4)."""
    return aead.into_envelope(key, key.id, context, pad(secret.reveal()))
