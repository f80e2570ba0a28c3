"""The four headers of a signed request, each exactly once, and their grammar."""

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

FOUR = frozenset(each.encode() for each in (MACHINE_ID, TIMESTAMP, NONCE, SIGNATURE))
"""The headers of this form, in lower case."""

SIGNATURE_BYTES = 64
SKEW_SECONDS = 300
"""The accepted clock skew: how far a timestamp can be from the database's time, in either direction."""

_TIMESTAMP = re.compile(r"[1-9][0-9]{8,10}")
_NONCE = re.compile(r"[!-+\--9;-~]{16,128}")
"""Printable ASCII without space, comma and colon. A colon would shift the fields of the signed bytes."""


class MalformedHeaders(ValueError):
    """One of the four headers is missing, repeated or malformed. The message names only the header."""


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The four headers, parsed. `timestamp` is in Unix seconds, and `signature` is 64 raw bytes."""

    identity: UUID
    timestamp: int
    nonce: str
    signature: bytes


def parse_headers(headers: Iterable[tuple[bytes, bytes]]) -> SignedHeaders:
    """Parse the four headers from raw name and value pairs with lower-case names, as in ASGI.

    Raises `MalformedHeaders` unless each occurs exactly once and is well formed. Values are taken as sent. A
    value that needs trimming or folding is malformed, because two parsers could do that differently.
    """
    found: dict[str, str] = {}
    wanted = {name.encode(): name for name in (MACHINE_ID, TIMESTAMP, NONCE, SIGNATURE)}
    for raw_name, raw_value in headers:
        name = wanted.get(raw_name)
        if name is None:
            continue
        if name in found:
            raise MalformedHeaders(f"{name} is repeated")
        try:
            found[name] = raw_value.decode("ascii")
        except UnicodeDecodeError:
            raise MalformedHeaders(f"{name} is not ASCII") from None
    for name in wanted.values():
        if name not in found:
            raise MalformedHeaders(f"{name} is missing")
    return SignedHeaders(
        parse_machine_id(found[MACHINE_ID]),
        _timestamp(found[TIMESTAMP]),
        _nonce(found[NONCE]),
        _signature(found[SIGNATURE]),
    )


def parse_machine_id(text: str) -> UUID:
    """Return a machine's ID. Raises `MalformedHeaders` unless it is a UUID with hyphens."""
    try:
        identity = UUID(text)
    except ValueError:
        raise MalformedHeaders(f"{MACHINE_ID} is not a UUID") from None
    # Python also accepts UUIDs with braces, as URNs and without hyphens, but the protocol allows only one
    # form.
    if str(identity) != text.lower():
        raise MalformedHeaders(f"{MACHINE_ID} is not a UUID")
    return identity


def _timestamp(text: str) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise MalformedHeaders(f"{TIMESTAMP} is not a time in Unix seconds")
    return int(text)


def _nonce(text: str) -> str:
    if not _NONCE.fullmatch(text):
        raise MalformedHeaders(
            f"{NONCE} must be 16 to 128 printable characters without : and comma"
        )
    return text


def _signature(text: str) -> bytes:
    try:
        signature = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise MalformedHeaders(f"{SIGNATURE} is not base64") from None
    if len(signature) != SIGNATURE_BYTES:
        raise MalformedHeaders(f"{SIGNATURE} is not {SIGNATURE_BYTES} bytes")
    # The last character has unused bits, so sixteen strings would decode to the same signature.
    if b64encode(signature).decode() != text:
        raise MalformedHeaders(f"{SIGNATURE} is not canonical base64")
    return signature
