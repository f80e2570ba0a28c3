"""The four headers of a signed request, each exactly once, and what each may hold."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

MACHINE_ID = "x-machine-id"
AGENT_ID = "x-agent-id"
TIMESTAMP = "x-timestamp"
NONCE = "x-nonce"
SIGNATURE = "x-signature"

SIGNATURE_BYTES = 64
SKEW_SECONDS = 300
"""How far a timestamp may lie from the database's clock, either way, inclusive."""

_TIMESTAMP = re.compile(r"[1-9][0-9]{8,10}")
_NONCE = re.compile(r"[!-+\--9;-~]{16,128}")
"""Printable ASCII without space, comma and colon: a colon would shift the fields of what is signed."""


class MalformedHeaders(ValueError):
    """A header of the four is missing, doubled or not of its form. The text names the header only."""


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The four headers, parsed. `timestamp` is in Unix seconds, `signature` 64 raw bytes."""

    identity: UUID
    timestamp: int
    nonce: str
    signature: bytes


def parse_headers(headers: Iterable[tuple[bytes, bytes]]) -> SignedHeaders:
    """Read the four headers from raw name and value pairs with lower-case names, as ASGI gives them.

    Raises `MalformedHeaders` unless each is there exactly once and of its form. A value is taken as
    sent: one that needs trimming or folding is malformed, since two readers might do it differently.
    """
    found: dict[str, str] = {}
    wanted = {name.encode(): name for name in (MACHINE_ID, TIMESTAMP, NONCE, SIGNATURE)}
    for raw_name, raw_value in headers:
        name = wanted.get(raw_name)
        if name is None:
            continue
        if name in found:
            raise MalformedHeaders(f"{name} occurs twice")
        try:
            found[name] = raw_value.decode("ascii")
        except UnicodeDecodeError:
            raise MalformedHeaders(f"{name} is not ASCII") from None
    for name in wanted.values():
        if name not in found:
            raise MalformedHeaders(f"{name} is missing")
    return SignedHeaders(
        _identity(found[MACHINE_ID]),
        _timestamp(found[TIMESTAMP]),
        _nonce(found[NONCE]),
        _signature(found[SIGNATURE]),
    )


def _identity(text: str) -> UUID:
    try:
        identity = UUID(text)
    except ValueError:
        raise MalformedHeaders(f"{MACHINE_ID} is not a UUID") from None
    # Python also reads braces, URNs and text without hyphens; the wire knows one form.
    if str(identity) != text.lower():
        raise MalformedHeaders(f"{MACHINE_ID} is not a UUID")
    return identity


def _timestamp(text: str) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise MalformedHeaders(f"{TIMESTAMP} is not a time in Unix seconds")
    return int(text)


def _nonce(text: str) -> str:
    if not _NONCE.fullmatch(text):
        raise MalformedHeaders(f"{NONCE} is not 16 to 128 printable characters without : and comma")
    return text


def _signature(text: str) -> bytes:
    try:
        signature = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise MalformedHeaders(f"{SIGNATURE} is not base64") from None
    if len(signature) != SIGNATURE_BYTES:
        raise MalformedHeaders(f"{SIGNATURE} is not {SIGNATURE_BYTES} bytes")
    # The last character has bits that mean nothing: sixteen texts would say the same signature.
    if b64encode(signature).decode() != text:
        raise MalformedHeaders(f"{SIGNATURE} is not in the one form that base64 has for it")
    return signature
