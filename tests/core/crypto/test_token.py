"""Tokens are random, recognizable, and stored only as hashes."""

import base64
import hashlib
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_core.crypto.token import is_token, mint_token, token_hash


def test_a_token_has_its_form() -> None:
    """E-4: a token has a prefix, 256 random bits, and a checksum over both."""
    text, stored = mint_token("srs")
    decoded = base64.urlsafe_b64decode(text.removeprefix("srs_"))

    assert len(text) == 52
    assert len(decoded) == 36
    assert int.from_bytes(decoded[32:], "big") == zlib.crc32(b"srs_" + decoded[:32])
    assert stored == hashlib.sha256(text.encode()).digest()
    assert is_token(text, "srs")


def test_tokens_do_not_repeat() -> None:
    """E-4: a thousand tokens and their hashes are all different."""
    made = [mint_token("srs") for _ in range(1_000)]

    assert len({text for text, _ in made}) == len({stored for _, stored in made}) == 1_000


def test_the_stored_hash_is_found_by_the_text() -> None:
    """E-4: the hash of a caller's token is the stored hash."""
    text, stored = mint_token("ske")

    assert token_hash(text) == stored
    assert token_hash(text[:-1]) != stored


def test_text_that_cannot_be_encoded_hashes_without_an_error() -> None:
    """A lone surrogate in a cookie is treated as an unknown token and doesn't cause a crash."""
    assert len(token_hash("srs_\ud800")) == 32


@given(st.integers(0, 51), st.characters(min_codepoint=33, max_codepoint=0x2FF))
def test_one_wrong_character_is_recognised(position: int, char: str) -> None:
    """E-4: a typing error is detected without a lookup."""
    text, _ = mint_token("srs")
    if text[position] == char:
        return
    wrong = text[:position] + char + text[position + 1 :]

    assert not is_token(wrong, "srs")


CHANGES: tuple[Callable[[str], str], ...] = (
    lambda text: text[:0],
    lambda text: text[:-1],
    lambda text: text + "A",
    lambda text: text + "\n",
    lambda text: text + "====",
    lambda text: "ske" + text[3:],
    lambda text: text[4:],
    lambda text: "srs_" + text,
    lambda text: text.upper(),
    lambda text: text[:4] + "A" * 48,
    lambda text: text.replace("_", "-", 1),
)


@pytest.mark.parametrize("change", CHANGES)
def test_malformed_tokens(change: Callable[[str], str]) -> None:
    """E-4: only the exact form with the expected prefix is a token."""
    text, _ = mint_token("srs")

    assert not is_token(change(text), "srs")


@pytest.mark.parametrize("prefix", ["", "s", "srs_", "SRS", "toolong", "s1"])
def test_a_prefix_is_lower_case_letters(prefix: str) -> None:
    """An invalid prefix raises an error when the token is made."""
    with pytest.raises(ValueError, match="token prefix"):
        mint_token(prefix)
