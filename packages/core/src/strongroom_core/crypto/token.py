"""Tokens: random, recognizable, and stored only as a hash."""

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
    """Generate a token with 256 random bits; return its text and the hash to store.

    The text is `prefix`, an underscore, and 48 characters of URL-safe base64: 32 random bytes and a CRC-32 of
    everything before it, so that scanners find leaked tokens and typos are detected without a lookup.
    Raises `ValueError` unless the prefix is two to six lower-case letters.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("a token prefix must be two to six lower-case letters, without underscore")
    secret = random_bytes(_SECRET_BYTES)
    text = f"{prefix}_{base64.urlsafe_b64encode(secret + _crc(prefix, secret)).decode()}"
    return text, token_hash(text)


def token_hash(text: str) -> bytes:
    """Return the SHA-256 of a token's text, for storage and lookup.

    A fast hash is enough, because the token has 256 random bits. Text that can't be encoded gets a hash that
    no token has.
    """
    return hashlib.sha256(text.encode(errors="replace")).digest()


def is_token(text: str, prefix: str) -> bool:
    """Whether `text` has the form and the checksum of a token with this prefix.

    To find out whether the token is valid, look up its hash.
    """
    head, _, body = text.partition("_")
    if head != prefix or not _BODY.fullmatch(body):
        return False
    try:
        decoded = base64.urlsafe_b64decode(body)
    except binascii.Error:  # pragma: no cover - the pattern allows only valid base64
        return False
    secret, crc = decoded[:_SECRET_BYTES], decoded[_SECRET_BYTES:]
    return crc == _crc(prefix, secret)


def _crc(prefix: str, secret: bytes) -> bytes:
    return zlib.crc32(prefix.encode() + b"_" + secret).to_bytes(_CRC_BYTES, "big")
