"""The envelope parser accepts exactly what is one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_core.crypto.envelope import OVERHEAD_BYTES, Envelope, header_for, parse
from strongroom_core.kernel.errors import IntegrityFailure

KEY_ID = UUID("12345678-9abc-4def-8012-3456789abcde")
VALID = b"\x01\x01" + KEY_ID.bytes + bytes(range(12)) + b"c" * 5 + b"t" * 16


def test_takes_apart_the_documented_bytes() -> None:
    """Each part is where the design says it is."""
    parsed = parse(VALID)

    assert parsed == Envelope(KEY_ID, bytes(range(12)), b"c" * 5 + b"t" * 16)
    assert parsed.header == VALID[:18]
    assert parsed.header == header_for(KEY_ID)
    assert parsed.encode() == VALID


@given(st.uuids(), st.binary(min_size=12, max_size=12), st.binary(min_size=16, max_size=200))
def test_round_trips(key_id: UUID, nonce: bytes, ciphertext: bytes) -> None:
    """What is encoded is parsed to the same."""
    made = Envelope(key_id, nonce, ciphertext)

    assert parse(made.encode()) == made


@given(st.binary(max_size=120))
def test_whatever_it_accepts_it_writes_again(blob: bytes) -> None:
    """The parser drops nothing: what it accepts is byte for byte what it would write."""
    try:
        parsed = parse(blob)
    except IntegrityFailure:
        return

    assert parsed.encode() == blob


@pytest.mark.parametrize("length", range(OVERHEAD_BYTES))
def test_refuses_what_is_too_short(length: int) -> None:
    """A blob without room for header, nonce and tag is no envelope."""
    with pytest.raises(IntegrityFailure):
        parse(VALID[:length])


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("byte", [b for b in range(256) if b != 1])
def test_refuses_other_versions_and_algorithms(position: int, byte: int) -> None:
    """Nothing is read by guess: version and algorithm are the ones known."""
    blob = bytearray(VALID)
    blob[position] = byte

    with pytest.raises(IntegrityFailure):
        parse(bytes(blob))


def test_accepts_an_empty_message() -> None:
    """The shortest envelope has a tag and no ciphertext."""
    assert len(parse(VALID[:30] + b"t" * 16).ciphertext) == 16
