"""The signed bytes (WIRE, section 1), compared with the vectors and an independent computation."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from strongroom_core.crypto.signature import verify_signature
from strongroom_core.kernel.errors import NotAuthenticated
from strongroom_wire.canonical import MalformedTarget, require_machine_path, signed_bytes

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
SEGMENT = st.from_regex(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,20}", fullmatch=True)


def test_the_vectors_are_reproduced(vectors: dict[str, Any]) -> None:
    """WIRE 1: our canonical bytes match the vectors, and so do another library's signatures."""
    for vector in vectors["requests"]:
        body, name = b64decode(vector["body"]), vector["name"]
        signed = signed_bytes(
            vector["method"], vector["path"], vector["timestamp"], vector["nonce"], body
        )
        # Recomputed here, and signed with a different library than the server verifies with.
        parts = (vector["method"], vector["path"], str(vector["timestamp"]), vector["nonce"])
        again = ":".join((*parts, hashlib.sha256(body).hexdigest())).encode()
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))

        assert vector["signed"].encode() == signed, name
        assert again == signed, name
        assert vector["bodySha256"] == hashlib.sha256(body).hexdigest(), name
        assert vector["publicKey"] == b64encode(key.public_key().public_bytes_raw()).decode(), name
        assert vector["signature"] == b64encode(key.sign(again)).decode(), name

    assert 8 == len(vectors["requests"])


def test_the_server_verifies_the_vectors(vectors: dict[str, Any]) -> None:
    """WIRE 1: the machine plane's library accepts each signature only for the bytes that were signed."""
    requests = vectors["requests"]
    for vector, other in zip(requests, [*requests[1:], requests[0]], strict=True):
        key, signature = b64decode(vector["publicKey"]), b64decode(vector["signature"])
        verify_signature(key, vector["signed"].encode(), signature)
        with pytest.raises(NotAuthenticated):
            verify_signature(key, other["signed"].encode(), signature)


def test_the_hash_without_a_body() -> None:
    """WIRE 1: without a body, the hash is that of zero bytes."""
    assert EMPTY == signed_bytes("GET", "/v1/secrets", 1767225600, "n" * 16, b"").decode()[-64:]


def test_rejected_targets(vectors: dict[str, Any]) -> None:
    """WIRE 1: a target that two programs could interpret differently is rejected, never normalized."""
    accepted: list[str] = []
    for vector in vectors["refusedTargets"]:
        try:
            require_machine_path(vector["target"].encode(), vector["query"].encode())
        except MalformedTarget:
            continue
        accepted.append(vector["name"])

    assert [] == accepted
    assert 20 == len(vectors["refusedTargets"])


def test_the_path_is_returned_as_sent(vectors: dict[str, Any]) -> None:
    """WIRE 1: the target is verified exactly as it was sent."""
    for vector in vectors["requests"]:
        path = vector["path"]

        assert path == require_machine_path(path.encode(), b"")


def test_the_longest_path() -> None:
    """WIRE 1: a path of 256 characters is accepted, and one of 257 isn't."""
    longest = "/v1/secret/" + "a" * 245

    assert longest == require_machine_path(longest.encode(), b"")
    with pytest.raises(MalformedTarget):
        require_machine_path(f"{longest}a".encode(), b"")


@given(st.lists(SEGMENT, min_size=1, max_size=4), st.integers(0, 255), st.integers(0))
def test_invalid_characters_in_a_path(segments: list[str], character: int, place: int) -> None:
    """WIRE 1: a path has only letters, digits, dots, underscores, tildes and hyphens."""
    path = b"/v1/" + "/".join(segments).encode()
    at = 4 + place % (len(path) - 3)
    spoilt = path[:at] + bytes([character]) + path[at:]
    if character in b"/._~-" or (chr(character).isascii() and chr(character).isalnum()):
        return
    with pytest.raises(MalformedTarget):
        require_machine_path(spoilt, b"")


@given(
    st.tuples(
        st.sampled_from(("GET", "POST")),
        st.lists(SEGMENT, min_size=1, max_size=3),
        st.integers(100_000_000, 99_999_999_999),
        st.text("!#$%&'*+-./0123456789;<=>?@ABCxyz[]^_`{|}~", min_size=16, max_size=128),
        st.binary(max_size=40),
    ),
    st.tuples(
        st.sampled_from(("GET", "POST")),
        st.lists(SEGMENT, min_size=1, max_size=3),
        st.integers(100_000_000, 99_999_999_999),
        st.text("!#$%&'*+-./0123456789;<=>?@ABCxyz[]^_`{|}~", min_size=16, max_size=128),
        st.binary(max_size=40),
    ),
)
def test_two_requests_never_give_the_same_bytes(one: Any, other: Any) -> None:
    """WIRE 1: no field can contain the separator, so a signature is valid for one request only."""

    def signed(request: Any) -> bytes:
        method, segments, at, nonce, body = request
        return signed_bytes(method, "/v1/" + "/".join(segments), at, nonce, body)

    assert (one == other) == (signed(one) == signed(other))
