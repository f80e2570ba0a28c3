"""The four headers of a signed request: each exactly once, each well formed (WIRE, section 1)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_wire.headers import MalformedHeaders, parse_headers

MACHINE = "1b4e28ba-2fa1-41d2-883f-0016d3cca427"
GOOD = {
    "x-machine-id": MACHINE,
    "x-timestamp": "1767225600",
    "x-nonce": "AAECAwQFBgcICQoLDA0ODw==",
    "x-signature": b64encode(bytes(range(64))).decode(),
}


def pairs(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    """Return the headers as bytes, as ASGI does."""
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def test_good_headers_are_read() -> None:
    """WIRE 1: the four headers are found among others, in any order."""
    among = [(b"host", b"localhost"), *reversed(pairs(GOOD)), (b"accept", b"*/*")]
    found = parse_headers(among)

    assert UUID(MACHINE) == found.identity
    assert 1767225600 == found.timestamp
    assert GOOD["x-nonce"] == found.nonce
    assert bytes(range(64)) == found.signature


@pytest.mark.parametrize(
    "nonce", ["AAECAwQFBgcICQoLDA0ODw==", "00" * 16, "!" * 16, "~" * 128, "a;b/c+d=e.f-g_h|i"]
)
def test_the_nonces_of_clients_in_use(nonce: str) -> None:
    """WIRE 1: a nonce can be base64, hex or any other 16 to 128 printable characters."""
    assert nonce == parse_headers(pairs({**GOOD, "x-nonce": nonce})).nonce


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_header(name: str) -> None:
    """WIRE 1: each of the four headers is required; the error names the missing one."""
    with pytest.raises(MalformedHeaders, match=f"{name} is missing"):
        parse_headers(pairs({each: value for each, value in GOOD.items() if each != name}))


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("second", ["the same", "another"])
def test_repeated_headers(name: str, second: str) -> None:
    """WIRE 1: each header is allowed only once, even if both copies are the same."""
    value = GOOD[name] if second == "the same" else "x"
    for doubled in (
        [*pairs(GOOD), (name.encode(), value.encode())],
        [(name.encode(), value.encode()), *pairs(GOOD)],
    ):
        with pytest.raises(MalformedHeaders, match=f"{name} "):
            parse_headers(doubled)


def test_rejected_headers(vectors: dict[str, Any]) -> None:
    """WIRE 1: a value must be well formed as sent; nothing is trimmed, folded or completed."""
    accepted: list[str] = []
    for vector in vectors["refusedHeaders"]:
        try:
            parse_headers(pairs(vector["headers"]))
        except MalformedHeaders:
            continue
        accepted.append(vector["name"])

    assert [] == accepted
    assert 30 == len(vectors["refusedHeaders"])


@given(st.binary(min_size=0, max_size=140), st.sampled_from(sorted(GOOD)))
def test_invalid_input_raises_only_our_error(value: bytes, name: str) -> None:
    """WIRE 2: a client's input never causes a 500, and no error repeats it."""
    sent = [
        (each.encode(), value if each == name else text.encode()) for each, text in GOOD.items()
    ]
    try:
        parse_headers(sent)
    except MalformedHeaders as refused:
        said = str(refused)

        assert said.startswith(name)
        assert len(value) < 12 or value.decode("latin-1") not in said


@given(st.binary(min_size=64, max_size=64))
def test_a_signature_has_one_spelling(signature: bytes) -> None:
    """WIRE 1: of all strings that decode to a signature, only padded standard base64 is accepted."""
    text = b64encode(signature).decode()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    accepted = 0
    for last in alphabet:
        try:
            parse_headers(pairs({**GOOD, "x-signature": f"{text[:85]}{last}=="}))
        except MalformedHeaders:
            continue
        accepted += 1

    assert signature == parse_headers(pairs({**GOOD, "x-signature": text})).signature
    assert 4 == accepted
