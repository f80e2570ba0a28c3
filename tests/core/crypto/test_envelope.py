"""The envelope parser accepts well-formed envelopes only."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_core.crypto.envelope import OVERHEAD_BYTES, Envelope, header_for, parse
from strongroom_core.kernel.errors import IntegrityFailure

KEY_ID = UUID("12345678-9abc-4def-8012-3456789abcde")
VALID = b"\x01\x01" + KEY_ID.bytes + bytes(range(12)) + b"c" * 5 + b"t" * 16


def test_each_part_is_at_its_documented_offset() -> None:
    """Each part is at the offset given in the design document."""
    parsed = parse(VALID)

    assert parsed == Envelope(VALID[:18], bytes(range(12)), b"c" * 5 + b"t" * 16)
    assert parsed.key_id == KEY_ID
    assert parsed.header == header_for(KEY_ID)
    assert parsed.encode() == VALID


@given(st.uuids(), st.binary(min_size=12, max_size=12), st.binary(min_size=16, max_size=200))
def test_round_trips(key_id: UUID, nonce: bytes, ciphertext: bytes) -> None:
    """Encoding and parsing an envelope gives the same envelope."""
    made = Envelope(header_for(key_id), nonce, ciphertext)

    assert parse(made.encode()) == made
    assert made.key_id == key_id


@given(st.binary(max_size=120))
def test_parsing_and_encoding_round_trip(blob: bytes) -> None:
    """The parser drops nothing: encoding what it parsed gives the same bytes."""
    try:
        parsed = parse(blob)
    except IntegrityFailure:
        return

    assert parsed.encode() == blob


@pytest.mark.parametrize("length", range(OVERHEAD_BYTES))
def test_rejects_short_blobs(length: int) -> None:
    """A blob too short for header, nonce and tag is rejected."""
    with pytest.raises(IntegrityFailure):
        parse(VALID[:length])


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("byte", [b for b in range(256) if b != 1])
def test_rejects_other_versions_and_algorithms(position: int, byte: int) -> None:
    """Only known versions and algorithms are accepted."""
    blob = bytearray(VALID)
    blob[position] = byte

    with pytest.raises(IntegrityFailure):
        parse(bytes(blob))


def test_accepts_an_empty_message() -> None:
    """The shortest envelope has a tag and no ciphertext."""
    assert len(parse(VALID[:30] + b"t" * 16).ciphertext) == 16
