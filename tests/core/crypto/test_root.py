"""The root key: its text form and its key-check value."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_core.crypto.root import (
    RootKey,
    check_root,
    derive_key,
    encode_root,
    key_check_value,
    new_root,
    parse_root,
)
from strongroom_core.kernel.errors import Invalid, WrongRoot

KNOWN = RootKey(bytes(range(32)))
KNOWN_TEXT = "skr1-AAAQEA-YEAUDA-OCAJBI-FQYDIO-B4IBCE-QTCQKR-MFYYDE-NBWHA5-DYPWGD-ONFE"
TYPED = string.ascii_letters + string.digits


def test_a_root_has_the_documented_text() -> None:
    """E-2: the text form is fixed, because every later release must be able to read it."""
    assert encode_root(KNOWN) == KNOWN_TEXT
    assert parse_root(KNOWN_TEXT).raw() == KNOWN.raw()


def test_two_roots_differ() -> None:
    """E-2: root keys are random."""
    assert len({new_root().raw() for _ in range(100)}) == 100


@given(st.binary(min_size=32, max_size=32))
def test_the_text_round_trips(raw: bytes) -> None:
    """E-2: every root key can be typed back in."""
    assert parse_root(encode_root(RootKey(raw))).raw() == raw


@given(st.data())
def test_case_spaces_and_dashes_do_not_matter(data: st.DataObject) -> None:
    """E-2: case, spaces, line breaks and dashes don't matter."""
    typed = "".join(
        data.draw(st.sampled_from([char.lower(), char.upper()]))
        + data.draw(st.sampled_from(["", "", "", " ", "-", "\n", "\t", " - ", "\u2013"]))
        for char in KNOWN_TEXT.replace("-", "")
    )

    assert parse_root(f"  {typed}\r\n").raw() == KNOWN.raw()


@given(st.integers(0, 57), st.sampled_from(TYPED))
def test_a_typo_is_rejected_and_not_repeated(position: int, char: str) -> None:
    """E-2: any single wrong character is detected; the message doesn't repeat the text."""
    body = list(KNOWN_TEXT.removeprefix("skr1-").replace("-", ""))
    if body[position] == char.upper():
        return
    body[position] = char
    with pytest.raises(Invalid) as caught:
        parse_root("skr1-" + "".join(body))

    assert caught.value.field == "root"
    assert not any(KNOWN_TEXT[i : i + 6] in caught.value.message for i in range(5, 60))


@given(st.integers(0, 56))
def test_two_characters_swapped_are_noticed(position: int) -> None:
    """E-2: the checksum detects swapped characters, the most common typing error."""
    body = list(KNOWN_TEXT.removeprefix("skr1-").replace("-", ""))
    if body[position] == body[position + 1]:
        return
    body[position], body[position + 1] = body[position + 1], body[position]

    with pytest.raises(Invalid, match="checksum"):
        parse_root("skr1-" + "".join(body))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "starts with skr1-"),
        (KNOWN_TEXT.removeprefix("skr1-"), "starts with skr1-"),
        ("skr2-" + KNOWN_TEXT[5:], "starts with skr1-"),
        ("skr1-", "0 characters"),
        (KNOWN_TEXT[:-1], "57 characters after its prefix, not 58"),
        (KNOWN_TEXT + "A", "59 characters"),
        (KNOWN_TEXT[:-1] + "8", "instead of 0, 1 and 8"),
        (KNOWN_TEXT[:-1] + "\u017f", "only A to Z"),
        (KNOWN_TEXT[:-1] + "é", "only A to Z"),
        (KNOWN_TEXT[:-1] + "=", "only A to Z"),
        (KNOWN_TEXT[:-1] + "F", "checksum"),
    ],
)
def test_the_message_for_invalid_text(text: str, reason: str) -> None:
    """E-2: for text that isn't a root key, the message says what to check."""
    with pytest.raises(Invalid, match=reason):
        parse_root(text)


def test_the_key_check_value_is_fixed() -> None:
    """E-2: the stored value of a known root key is fixed, so no release changes it unnoticed."""
    assert (
        key_check_value(KNOWN, "dep_golden", 1).hex()
        == "672c323d7c3d71e9c8951994ac92509ec30a3290f86e8e8707a11c155cd80b21"
    )


def test_the_right_root_passes() -> None:
    """E-2: the root key that the value was made with is recognized."""
    root = new_root()

    check_root(root, "dep", 3, key_check_value(root, "dep", 3))


@pytest.mark.parametrize(
    ("root", "deployment", "version", "expected"),
    [
        (new_root(), "dep", 3, key_check_value(KNOWN, "dep", 3)),
        (KNOWN, "other", 3, key_check_value(KNOWN, "dep", 3)),
        (KNOWN, "dep", 4, key_check_value(KNOWN, "dep", 3)),
        (KNOWN, "dep", 3, b""),
        (KNOWN, "dep", 3, key_check_value(KNOWN, "dep", 3)[:31]),
    ],
    ids=["root", "deployment", "version", "empty", "short"],
)
def test_a_wrong_root_key_is_rejected(
    root: RootKey, deployment: str, version: int, expected: bytes
) -> None:
    """E-2: another root key, deployment or version is rejected; the message contains only the version."""
    with pytest.raises(WrongRoot) as caught:
        check_root(root, deployment, version, expected)

    assert f"version {version}" in caught.value.message
    assert deployment not in caught.value.message
    assert not expected or expected.hex() not in caught.value.message


def test_derived_keys_differ_by_use_and_deployment() -> None:
    """E-1: keys derived for other uses or deployments differ from each other and from the root key."""
    derived = {
        derive_key(KNOWN, deployment, use).raw()
        for deployment in ("dep", "other")
        for use in ("wrap", "key-check")
    }

    assert len(derived | {KNOWN.raw()}) == 5


def test_the_wrapping_key_is_fixed() -> None:
    """H-5: the derivation is part of the stored format."""
    assert (
        derive_key(KNOWN, "dep_golden", "wrap").raw().hex()
        == "1bbd8c54039223c697f0666d4c53d8fd81746ea28ae5b7e2d2dd7e2008afa116"
    )
