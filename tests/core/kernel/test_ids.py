"""IDs are random, and have prefixes and a distinctive form."""

from __future__ import annotations

import pytest

from strongroom_core.crypto.random import new_id
from strongroom_core.kernel.ids import INSTALLATION, from_random, is_id


@pytest.mark.parametrize("prefix", ["sk", "proj", "app", "vault"])
def test_a_fresh_id_is_one(prefix: str) -> None:
    """V-7: a new ID is valid with its own prefix and with no other."""
    made = new_id(prefix)

    assert is_id(made, prefix)
    assert not is_id(made, "acc")
    assert len(made) == len(prefix) + 17


def test_fresh_ids_do_not_repeat() -> None:
    """V-7: IDs have 80 random bits."""
    assert len({new_id("sk") for _ in range(10_000)}) == 10_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk",
        "sk_",
        "sk_aaaaaaaaaaaaaaa",
        "sk_aaaaaaaaaaaaaaaaa",
        "SK_aaaaaaaaaaaaaaaa",
        "sk_AAAAAAAAAAAAAAAA",
        "sk_aaaaaaaaaaaaaaa1",
        "sk_aaaaaaaaaaaaaaaa\n",
        " sk_aaaaaaaaaaaaaaaa",
        "sk_aaaaaaaaaaaaaaa\0",
        "sk_ａaaaaaaaaaaaaaaa",
        "sk-aaaaaaaaaaaaaaaa",
        "proj_aaaaaaaaaaaaaaaa",
    ],
)
def test_malformed_ids(text: str) -> None:
    """V-7: text that doesn't have the exact form of an ID isn't looked up."""
    assert not is_id(text, "sk")


def test_the_reserved_vault_has_no_ordinary_id() -> None:
    """V-7: no user's vault can have the installation's ID."""
    assert not is_id(INSTALLATION, "vault")


@pytest.mark.parametrize("length", [0, 9, 11])
def test_an_id_is_made_from_ten_bytes(length: int) -> None:
    """V-7: an ID is made from exactly ten bytes; fewer wouldn't be unique."""
    with pytest.raises(ValueError, match="10 random bytes"):
        from_random("sk", b"x" * length)
