"""The AAD identifies unambiguously what a ciphertext is bound to."""

from collections.abc import Callable
from dataclasses import fields, replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom_core.crypto import aead
from strongroom_core.crypto.aad import (
    Context,
    MaterialAddress,
    Purpose,
    bundle_context,
    data_key_context,
    pae,
    project_key_context,
    share_context,
    system_key_context,
    totp_context,
    value_context,
    webhook_context,
)
from strongroom_core.crypto.key import Key
from strongroom_core.kernel.errors import IntegrityFailure

KEY = Key(bytes(range(32)))
KEY_ID = UUID(int=7)
OTHER_ID = UUID(int=8)
ADDRESS = MaterialAddress("dep_a", "vault_a", "proj_a", "sec_a", "mat_a")

CONTEXTS: dict[Purpose, Context] = {
    Purpose.WEBHOOK: webhook_context("dep_a", "vault_a", "hook_a", OTHER_ID),
    Purpose.BUNDLE: bundle_context("dep_a", "vault_a", OTHER_ID),
    Purpose.VALUE: value_context(ADDRESS),
    Purpose.DATA_KEY: data_key_context(ADDRESS, KEY_ID),
    Purpose.PROJECT_KEY: project_key_context("dep_a", "vault_a", "proj_a", KEY_ID),
    Purpose.SHARE: share_context("dep_a", "vault_a", "shr_a", "acc_a"),
    Purpose.SYSTEM_KEY: system_key_context("dep_a", "pepper", KEY_ID),
    Purpose.TOTP: totp_context("dep_a", "acc_a", "app_a"),
}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), "0000000000000000"),
        ((b"",), "01000000000000000000000000000000"),
        ((b"test",), "0100000000000000040000000000000074657374"),
        ((b"", b"a"), "02000000000000000000000000000000010000000000000061"),
    ],
)
def test_pae_gives_the_published_bytes(parts: tuple[bytes, ...], expected: str) -> None:
    """The encoding is the one from PASETO, and matches its published examples."""
    assert pae(*parts).hex() == expected


@given(st.lists(st.binary(max_size=40), max_size=8))
def test_pae_can_be_read_back(parts: list[bytes]) -> None:
    """The encoding is injective: the parts can be recovered from it."""
    assert _unpae(pae(*parts)) == parts


@given(st.lists(st.sampled_from([b"", b"\0", b"a", b"ab", b"b", pae(b"a")]), max_size=5), st.data())
def test_pae_of_two_lists_differs(parts: list[bytes], data: st.DataObject) -> None:
    """Different lists of parts never have the same encoding, even if the parts are chosen by an attacker."""
    other = data.draw(st.lists(st.sampled_from([b"", b"\0", b"a", b"ab", b"b", pae(b"a")])))

    assert (pae(*parts) == pae(*other)) == (parts == other)


@pytest.mark.parametrize("purpose", CONTEXTS)
def test_an_aad_has_label_purpose_and_header(purpose: Purpose) -> None:
    """Every AAD starts with the version label and its purpose, and ends with the header."""
    parts = _unpae(CONTEXTS[purpose].aad(b"header"))

    assert parts[:2] == [b"strongroom/1", purpose.value.encode()]
    assert parts[-1] == b"header"


def test_all_purposes_have_a_context() -> None:
    """Every purpose has a context in this module, so that none is untested."""
    assert set(CONTEXTS) == set(Purpose)


@pytest.mark.parametrize(
    ("purpose", "position"),
    [(purpose, i) for purpose, context in CONTEXTS.items() for i in range(len(context.parts))],
)
def test_each_part_is_bound(purpose: Purpose, position: int) -> None:
    """E-1: if any single part of its AAD is altered, removed or emptied, an envelope can't be decrypted."""
    context = CONTEXTS[purpose]
    blob = aead.into_envelope(KEY, KEY_ID, context, b"marker-of-aad")
    before, part, after = (
        context.parts[:position],
        context.parts[position],
        context.parts[position + 1 :],
    )
    variants = [
        (*before, part + b"x", *after),
        (*before, bytes([part[0] ^ 1]) + part[1:], *after),
        (*before, b"", *after),
        (*before, *after),
        (*before, part, part, *after),
    ]

    for parts in variants:
        with pytest.raises(IntegrityFailure):
            aead.from_envelope(KEY, KEY_ID, Context(parts), blob)
    assert aead.from_envelope(KEY, KEY_ID, context, blob) == b"marker-of-aad"


@pytest.mark.parametrize("made_for", CONTEXTS)
@pytest.mark.parametrize("used_as", CONTEXTS)
def test_purposes_do_not_open_each_other(made_for: Purpose, used_as: Purpose) -> None:
    """E-1: even with the same key, an envelope can only be decrypted for the purpose it was made for."""
    blob = aead.into_envelope(KEY, KEY_ID, CONTEXTS[made_for], b"m")

    if made_for == used_as:
        assert aead.from_envelope(KEY, KEY_ID, CONTEXTS[used_as], blob) == b"m"
    else:
        with pytest.raises(IntegrityFailure):
            aead.from_envelope(KEY, KEY_ID, CONTEXTS[used_as], blob)


BUILDERS: dict[str, Callable[[MaterialAddress], Context]] = {
    "value": value_context,
    "data-key": lambda address: data_key_context(address, KEY_ID),
}


@pytest.mark.parametrize("builder", BUILDERS)
@pytest.mark.parametrize("name", [field.name for field in fields(MaterialAddress)])
def test_every_id_is_part_of_the_aad(builder: str, name: str) -> None:
    """E-1: deployment, vault, project, secret and material are each part of the AAD."""
    moved = replace(ADDRESS, **{name: "elsewhere"})

    assert BUILDERS[builder](moved).aad(b"h") != BUILDERS[builder](ADDRESS).aad(b"h")


def test_ids_cannot_trade_places() -> None:
    """E-1: the same IDs in a different order identify a different place."""
    swapped = replace(ADDRESS, vault=ADDRESS.project, project=ADDRESS.vault)

    assert value_context(swapped).aad(b"h") != value_context(ADDRESS).aad(b"h")


def test_key_contexts_bind_every_argument() -> None:
    """E-1: a wrapped key is bound to its deployment, its place or purpose, and its own ID."""
    aads = {
        context.aad(b"h")
        for context in (
            project_key_context("d", "v", "p", KEY_ID),
            project_key_context("D", "v", "p", KEY_ID),
            project_key_context("d", "V", "p", KEY_ID),
            project_key_context("d", "v", "P", KEY_ID),
            project_key_context("d", "v", "p", OTHER_ID),
            system_key_context("d", "pepper", KEY_ID),
            system_key_context("D", "pepper", KEY_ID),
            system_key_context("d", "salt", KEY_ID),
            system_key_context("d", "pepper", OTHER_ID),
            data_key_context(ADDRESS, KEY_ID),
            data_key_context(ADDRESS, OTHER_ID),
        )
    }

    assert len(aads) == 11


def _unpae(encoded: bytes) -> list[bytes]:
    def number(at: int) -> int:
        return int.from_bytes(encoded[at : at + 8], "little")

    at, parts = 8, list[bytes]()
    for _ in range(number(0)):
        length = number(at)
        parts.append(encoded[at + 8 : at + 8 + length])
        at += 8 + length
    assert at == len(encoded)
    return parts
