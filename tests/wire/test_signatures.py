"""The profile of HTTP Message Signatures (WIRE, section 7), compared with vectors and another library."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures.algorithms import ED25519  # pyright: ignore[reportPrivateImportUsage]
from http_message_signatures.resolvers import MappingKeyResolver
from http_message_signatures.signatures import HTTPMessageSigner, HTTPMessageVerifier

from strongroom_wire.signatures import (
    MalformedSignature,
    content_digest,
    is_signed,
    parse_signature,
    signature_headers,
)

VECTORS = Path("packages/wire/vectors/message_signatures.json")
KEY: Final = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
URI = "https://strongroom.example/api/projects?limit=5"
NONCE = "0123456789abcdefghijkl"
BODY = b'{"name": "payments"}'


@dataclass
class Message:
    """A request, in the shape that the other library takes."""

    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict[str, str])


def vectors() -> list[dict[str, Any]]:
    """Return the requests in the vectors."""
    return json.loads(VECTORS.read_text())["requests"]


def signed(body: bytes = BODY, **other: Any) -> dict[str, str]:
    """Return the headers of a well-formed request."""
    arguments: dict[str, Any] = {
        "key_id": "key_abcdefghijklmnop",
        "created": 1767225600,
        "nonce": NONCE,
    }
    return signature_headers("POST", URI, body, sign=KEY.sign, **{**arguments, **other})


def pairs(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return the headers as bytes, as ASGI does."""
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]


def is_accepted(headers: list[tuple[bytes, bytes]], method: str, uri: str, body: bytes) -> bool:
    """Whether a request passes everything that can be checked without a database."""
    try:
        found = parse_signature(headers)
        KEY.public_key().verify(found.signature, found.base(method, uri))
    except (MalformedSignature, InvalidSignature):
        return False
    return found.covers(body)


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["name"])
def test_the_vectors_are_reproduced(vector: dict[str, Any]) -> None:
    """WIRE 7: our headers and signature bases match the vectors, byte for byte."""
    key, body = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"])), vector["body"]
    headers = signature_headers(
        vector["method"],
        vector["targetUri"],
        b64decode(body),
        key_id=vector["keyId"],
        created=vector["created"],
        nonce=vector["nonce"],
        sign=key.sign,
    )
    found = parse_signature(pairs(headers))

    assert vector["headers"] == headers
    assert vector["publicKey"] == b64encode(key.public_key().public_bytes_raw()).decode()
    assert vector["base"].encode() == found.base(vector["method"], vector["targetUri"])
    assert (vector["keyId"], vector["created"]) == (found.key_id, found.created)
    assert vector["nonce"] == found.nonce
    assert found.covers(b64decode(body))


def keys() -> MappingKeyResolver:
    """Return the key, as the other library takes it."""
    return MappingKeyResolver(
        public_keys={"key_abcdefghijklmnop": KEY.public_key()},
        private_keys={"key_abcdefghijklmnop": KEY},
    )


@pytest.mark.parametrize("body", [b"", BODY])
def test_another_library_verifies_our_requests(body: bytes) -> None:
    """WIRE 7: `http-message-signatures` accepts what we sign, and understands the same in it."""
    message = Message("POST", URI, signed(body))
    verifier = HTTPMessageVerifier(signature_algorithm=ED25519, key_resolver=keys())
    (result,) = verifier.verify(message, max_age=None, body=body or None)

    assert "strongroom" == result.label
    assert ["created", "nonce", "keyid", "alg", "tag"] == list(result.parameters)
    assert NONCE == result.nonce
    assert (body or None) == result.body


@pytest.mark.parametrize("body", [b"", BODY])
def test_we_verify_what_another_library_signs(body: bytes) -> None:
    """WIRE 7: `http-message-signatures` can produce the one form that we accept.

    It always writes the parameters in another order, so they are put in ours between its two steps. Its
    second step computes the signature base again and compares.
    """
    message = Message("POST", URI)
    signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=keys())
    prepared = signer.prepare(
        message,
        key_id="key_abcdefghijklmnop",
        created=datetime.fromtimestamp(1767225600, UTC),
        nonce=NONCE,
        label="strongroom",
        tag="strongroom",
        covered_component_ids=["@method", "@target-uri"],
        body=body or None,
    )
    components, created, *others = prepared.signature_params.split(";")
    named = {each.partition("=")[0]: each for each in others}
    order = [components, created, *(named[name] for name in ("nonce", "keyid", "alg", "tag"))]
    ours = prepared.signature_params.encode(), ";".join(order).encode()
    ordered = replace(
        prepared,
        signature_base=prepared.signature_base.replace(*ours),
        signature_params=ours[1].decode(),
    )
    signer.apply(message, ordered, KEY.sign(ordered.signature_base))

    assert is_accepted(pairs(message.headers), "POST", URI, body)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Signature-Input", 'other=("@method" "@target-uri")'),
        ("Signature-Input", ""),
        ("Signature", ""),
        ("Signature", "strongroom=:AAAA:"),
        ("Content-Digest", "sha-512=:AAAA:"),
        ("Content-Digest", "sha-256=:" + "A" * 43 + "=:, sha-512=:AAAA:"),
        # The last character has unused bits, so this would be the same digest.
        ("Content-Digest", "sha-256=:" + "A" * 42 + "B=:"),
        ("Signature", "strongroom=:" + "A" * 85 + "B==:"),
        ("Content-Digest", "sha-256=:\xe9" + "A" * 42 + "=:"),
    ],
)
def test_rejected_headers(header: str, value: str) -> None:
    """WIRE 7: a header in any other form is malformed, no matter what it would mean."""
    with pytest.raises(MalformedSignature):
        parse_signature(pairs({**signed(), header: value}))


@pytest.mark.parametrize("header", ["Signature-Input", "Signature", "Content-Digest"])
def test_each_header_exactly_once(header: str) -> None:
    """WIRE 7: a missing or repeated header is malformed."""
    headers = signed()
    less = {name: value for name, value in headers.items() if name != header}
    with pytest.raises(MalformedSignature):
        parse_signature(pairs(less))
    with pytest.raises(MalformedSignature):
        parse_signature([*pairs(headers), *pairs({header: headers[header]})])


def test_a_digest_without_a_body_is_rejected() -> None:
    """WIRE 7: a digest that isn't signed is malformed, and one of an empty body covers nothing."""
    empty = {**signed(b""), "Content-Digest": content_digest(b"")}
    with pytest.raises(MalformedSignature):
        parse_signature(pairs(empty))

    assert not parse_signature(pairs(signed(BODY))).covers(b"")
    assert not parse_signature(pairs(signed(b""))).covers(BODY)


@pytest.mark.parametrize(
    "other",
    [
        {"nonce": "a" * 21},
        {"nonce": "a" * 129},
        {"nonce": 'a"' + "a" * 21},
        {"nonce": "a\\" + "a" * 21},
        {"nonce": "a\n" + "a" * 21},
        {"key_id": ""},
        {"key_id": 'a";tag="b'},
        {"created": 0},
        {"created": 10**11},
    ],
)
def test_what_cannot_be_signed(other: dict[str, Any]) -> None:
    """WIRE 7: our clients can't produce a form that the server would reject."""
    with pytest.raises(ValueError, match="can't be signed"):
        signed(**other)


def test_whether_a_request_is_signed() -> None:
    """WIRE 7: one header of a signature is enough, so half of one never counts as none."""
    assert is_signed([(b"signature", b"")])
    assert is_signed([(b"signature-input", b"")])
    assert not is_signed([(b"content-digest", b""), (b"x-signature", b"")])
