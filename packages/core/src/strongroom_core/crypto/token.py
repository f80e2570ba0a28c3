"""Tokens that people and programs carry: random, recognisable, and stored only as a hash."""

import base64
import binascii
import hashlib
import re
import zlib

from strongroom_core.crypto.random import random_bytes

_SECRET_BYTES = 32
_CRC_BYTES = 4
_PREFIX = re.compile(r"[a-z]{2,6}")
_BODY = re.compile(r"[A-Za-z0-9_-]{48}", re.ASCII)


def mint_token(prefix: str) -> tuple[str, bytes]:
    """Make a token with 256 random bits; return its text and the hash to store.

    The text is `prefix`, an underscore, and 48 characters of URL-safe base64: 32 random bytes and
    the CRC-32 of all before it, so that a scanner finds leaked tokens and a typing error is seen
    without a look-up. Raises `ValueError` for a prefix that is not two to six lower-case letters.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("a token prefix is two to six lower-case letters, without the underscore")
    secret = random_bytes(_SECRET_BYTES)
    text = f"{prefix}_{base64.urlsafe_b64encode(secret + _crc(prefix, secret)).decode()}"
    return text, token_hash(text)


def token_hash(text: str) -> bytes:
    """Return the SHA-256 of a token's text: what is stored and looked up.

    A fast hash suffices because the token has 256 random bits. Text that cannot be encoded hashes
    to something no token has.
    """
    return hashlib.sha256(text.encode(errors="replace")).digest()


def is_token(text: str, prefix: str) -> bool:
    """Whether `text` has the form and the checksum of a token of this prefix.

    Says nothing about validity: that is a look-up of its hash.
    """
    head, _, body = text.partition("_")
    if head != prefix or not _BODY.fullmatch(body):
        return False
    try:
        decoded = base64.urlsafe_b64decode(body)
    except binascii.Error:  # pragma: no cover - the pattern admits whole base64 only
        return False
    secret, crc = decoded[:_SECRET_BYTES], decoded[_SECRET_BYTES:]
    return crc == _crc(prefix, secret)


def _crc(prefix: str, secret: bytes) -> bytes:
    return zlib.crc32(prefix.encode() + b"_" + secret).to_bytes(_CRC_BYTES, "big")
