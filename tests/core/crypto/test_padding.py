"""Padding hides a length to within 64 bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_core.crypto.padding import pad, unpad
from strongroom_core.kernel.errors import IntegrityFailure


@given(st.binary(max_size=300))
def test_round_trips(message: bytes) -> None:
    """Every message is recovered, including any zero bytes and marker bytes at the end."""
    assert unpad(pad(message)) == message


@pytest.mark.parametrize("tail", [b"", b"\0", b"\x80", b"\x80\0\0", b"\0" * 64, b"\x80" * 64])
def test_keeps_values_that_end_like_padding(tail: bytes) -> None:
    """A value whose end looks like padding isn't shortened."""
    assert unpad(pad(b"v" + tail)) == b"v" + tail


@pytest.mark.parametrize(
    ("length", "padded"), [(0, 64), (1, 64), (63, 64), (64, 128), (65, 128), (65_536, 65_600)]
)
def test_pads_to_the_next_block(length: int, padded: int) -> None:
    """Padding is always added, up to a multiple of 64 bytes."""
    assert len(pad(bytes(length))) == padded


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\x80",
        bytes(63),
        bytes(64),
        b"a" * 64,
        b"a" * 63 + b"\x01",
        bytes(65),
        b"a" * 64 + b"\x80",
        b"a\x80",
    ],
)
def test_rejects_invalid_padding(padded: bytes) -> None:
    """Data of another length, or without the marker, is an integrity failure."""
    with pytest.raises(IntegrityFailure):
        unpad(padded)
