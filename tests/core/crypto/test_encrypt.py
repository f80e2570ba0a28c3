"""A value can be decrypted in the place it was encrypted for, and nowhere else."""

import re
from dataclasses import fields, replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strongroom_core.crypto import aead, envelope
from strongroom_core.crypto.aad import MaterialAddress, data_key_context, value_context
from strongroom_core.crypto.decrypt import decrypt_value
from strongroom_core.crypto.encrypt import EncryptedValue, encrypt_value
from strongroom_core.crypto.key import Key
from strongroom_core.crypto.keyring import Keyring, ProjectKey, WrappedKey
from strongroom_core.crypto.random import new_key_id, random_bytes
from strongroom_core.crypto.root import RootKey, new_root
from strongroom_core.kernel.errors import IntegrityFailure
from strongroom_core.kernel.plaintext import Plaintext

MARKER = "value-marker-5be20d"
ADDRESS = MaterialAddress("dep_a", "vault_a", "proj_a", "sec_a", "mat_a")
KEY = ProjectKey(new_key_id(), random_bytes(32))

GOLDEN_PROJECT_KEY = WrappedKey(
    UUID("cd90150a-409a-40de-8984-cfa65a6cc0e0"),
    1,
    bytes.fromhex(
        "010100000000000000000000000000000001f48a8ee3ec2c621519008a3b5ddd5d957a9e700b556b"
        "37ac42cbc9bf08aa0f627c904783aac9a25b06d899f94bf5c5ffbcda7741e70e9c5b024efa25"
    ),
)
GOLDEN_VALUE = EncryptedValue(
    data_key=bytes.fromhex(
        "0101cd90150a409a40de8984cfa65a6cc0e0acffffd9ce6459e3f21ccd7ad3ca1cdd221fcece0e44"
        "4ed613af824a33ef9785d7e3b307cf509402d72e57abd01adc85a4986502dc1267d6fefac5a5"
    ),
    ciphertext=bytes.fromhex(
        "01016e8d155896c44142974c46fdb009a4261104e57e508e352b4e65a1e39a9b6c0f88b39dcd3cef"
        "7441c8ecd21c3aadeaf0debd9ec69dc3afc3783dbc554f9c25d8e5bade669a50ed3f7f38aaf13a40"
        "afd7fb8eff38dd1c3730a3759f5fedc489c4b803fb43f7775fcf7947a8db"
    ),
)


def _encrypt(text: str = MARKER, address: MaterialAddress = ADDRESS) -> EncryptedValue:
    return encrypt_value(KEY, address, Plaintext.from_text(text))


@settings(deadline=None)
@given(st.binary(max_size=2_000))
def test_round_trips(value: bytes) -> None:
    """E-1: a value encrypted for a place can be decrypted there."""
    encrypted = encrypt_value(KEY, ADDRESS, Plaintext(value))

    assert decrypt_value(KEY, ADDRESS, encrypted).reveal() == value


def test_encrypts_the_longest_value() -> None:
    """S-2: a value of 64 KiB survives the round trip."""
    value = random_bytes(65_536)

    assert (
        decrypt_value(KEY, ADDRESS, encrypt_value(KEY, ADDRESS, Plaintext(value))).reveal() == value
    )


@pytest.mark.parametrize("name", [field.name for field in fields(MaterialAddress)])
def test_a_moved_value_cannot_be_decrypted(name: str) -> None:
    """E-1: a value can't be decrypted in another deployment, vault, project, secret or material."""
    with pytest.raises(IntegrityFailure):
        decrypt_value(KEY, replace(ADDRESS, **{name: "elsewhere"}), _encrypt())


@pytest.mark.parametrize("name", [field.name for field in fields(MaterialAddress)])
@pytest.mark.parametrize("moved", ["data_key", "ciphertext", "both"])
def test_swapped_envelopes_cannot_be_decrypted(name: str, moved: str) -> None:
    """E-1: neither envelope from another place can be decrypted here, alone or together with the other."""
    here = _encrypt()
    there = _encrypt("another marker", replace(ADDRESS, **{name: "elsewhere"}))
    mixed = EncryptedValue(
        data_key=here.data_key if moved == "ciphertext" else there.data_key,
        ciphertext=here.ciphertext if moved == "data_key" else there.ciphertext,
    )

    with pytest.raises(IntegrityFailure):
        decrypt_value(KEY, ADDRESS, mixed)


@pytest.mark.parametrize("moved", ["data_key", "ciphertext"])
def test_halves_of_two_values_of_one_place_do_not_fit(moved: str) -> None:
    """E-1: two encryptions for the same place have different data keys, each of which decrypts only one."""
    first, second = _encrypt(), _encrypt()
    mixed = replace(first, **{moved: getattr(second, moved)})

    with pytest.raises(IntegrityFailure):
        decrypt_value(KEY, ADDRESS, mixed)


def test_the_envelopes_do_not_stand_in_for_each_other() -> None:
    """E-1: a data key presented as a value can't be decrypted, nor a value presented as a data key."""
    encrypted = _encrypt()

    for wrong in (
        EncryptedValue(encrypted.ciphertext, encrypted.data_key),
        EncryptedValue(encrypted.data_key, encrypted.data_key),
        EncryptedValue(encrypted.ciphertext, encrypted.ciphertext),
    ):
        with pytest.raises(IntegrityFailure):
            decrypt_value(KEY, ADDRESS, wrong)


def test_a_data_key_is_bound_to_its_envelope() -> None:
    """E-1: the wrapped data key is bound to the one envelope it decrypts, not only to the place."""
    data_key, made, renamed = Key(random_bytes(32)), new_key_id(), new_key_id()
    wrapped = aead.into_envelope(KEY, KEY.id, data_key_context(ADDRESS, made), data_key.raw())
    ciphertext = aead.into_envelope(data_key, renamed, value_context(ADDRESS), b"\x80" + bytes(63))

    with pytest.raises(IntegrityFailure):
        decrypt_value(KEY, ADDRESS, EncryptedValue(wrapped, ciphertext))


@pytest.mark.parametrize("part", ["data_key", "ciphertext"])
def test_every_single_bit_counts(part: str) -> None:
    """E-1: flipping any bit of either envelope is detected."""
    encrypted = _encrypt()
    blob: bytes = getattr(encrypted, part)
    opened = 0
    for bit in range(8 * len(blob)):
        flipped = bytearray(blob)
        flipped[bit // 8] ^= 1 << bit % 8
        try:
            decrypt_value(KEY, ADDRESS, replace(encrypted, **{part: bytes(flipped)}))
        except IntegrityFailure:
            continue
        opened += 1

    assert opened == 0
    assert decrypt_value(KEY, ADDRESS, encrypted).reveal() == MARKER.encode()


@pytest.mark.parametrize("part", ["data_key", "ciphertext"])
def test_no_truncation_or_addition_opens(part: str) -> None:
    """E-1: an envelope that is too short or too long can't be decrypted."""
    encrypted = _encrypt()
    blob: bytes = getattr(encrypted, part)

    for changed in (*(blob[:end] for end in range(len(blob))), blob + b"\0", b"\x01" + blob):
        with pytest.raises(IntegrityFailure):
            decrypt_value(KEY, ADDRESS, replace(encrypted, **{part: changed}))


def test_another_project_key_does_not_open() -> None:
    """E-1: a different key can't decrypt even with the right ID, nor can the right key with another ID."""
    for wrong in (
        ProjectKey(new_key_id(), random_bytes(32)),
        ProjectKey(KEY.id, random_bytes(32)),
        ProjectKey(new_key_id(), KEY.raw()),
    ):
        with pytest.raises(IntegrityFailure):
            decrypt_value(wrong, ADDRESS, _encrypt())


def test_a_data_key_of_another_length_is_rejected() -> None:
    """A wrapped key of 16 bytes causes an integrity failure, and doesn't select a weaker cipher."""
    data_key_id = new_key_id()
    short = aead.into_envelope(KEY, KEY.id, data_key_context(ADDRESS, data_key_id), bytes(16))
    header = envelope.header_for(data_key_id)
    ciphertext = envelope.Envelope(header, bytes(12), bytes(80)).encode()

    with pytest.raises(IntegrityFailure):
        decrypt_value(KEY, ADDRESS, EncryptedValue(short, ciphertext))


def test_each_encryption_has_its_own_data_key() -> None:
    """S-6: the same value encrypted twice has different keys, IDs, nonces and ciphertexts."""
    made = [_encrypt() for _ in range(200)]
    parsed = [envelope.parse(each.ciphertext) for each in made]

    assert len({each.key_id for each in parsed}) == 200
    assert len({each.nonce for each in parsed}) == 200
    assert len({each.ciphertext for each in parsed}) == 200
    assert len({each.data_key for each in made}) == 200


def test_the_length_shows_a_bucket_only() -> None:
    """A copy of the database reveals a value's length only to within 64 bytes."""
    lengths = {len(_encrypt("v" * n).ciphertext) for n in range(64)}

    assert lengths == {envelope.OVERHEAD_BYTES + 64}


def test_envelopes_do_not_contain_the_value() -> None:
    """E-5: neither the envelopes nor their repr contain the value."""
    encrypted = _encrypt()

    assert MARKER.encode() not in encrypted.data_key + encrypted.ciphertext
    assert re.fullmatch(r"EncryptedValue\(\)", repr(encrypted))


def test_every_failure_reads_the_same() -> None:
    """A failed decryption reveals nothing about its cause: one type, one message, no context."""
    encrypted = _encrypt()
    causes = [
        replace(encrypted, ciphertext=b""),
        replace(encrypted, ciphertext=encrypted.ciphertext[:-1] + b"\0"),
        replace(encrypted, data_key=encrypted.ciphertext),
    ]
    seen = set[tuple[type[BaseException], str, object]]()
    for cause in causes:
        with pytest.raises(IntegrityFailure) as caught:
            decrypt_value(KEY, replace(ADDRESS, vault="elsewhere"), cause)
        seen.add((type(caught.value), str(caught.value), caught.value.__cause__))

    assert len(seen) == 1


def test_envelopes_of_an_earlier_release_can_be_decrypted() -> None:
    """H-5: the byte format is fixed; envelopes written by its first implementation can still be decrypted."""
    address = MaterialAddress("dep_golden", "vault_g", "proj_g", "sec_g", "mat_g")
    ring = Keyring("dep_golden", {1: RootKey(bytes(range(32)))}, 1)
    key = ring.unwrap_project_key(GOLDEN_PROJECT_KEY, "vault_g", "proj_g")

    assert decrypt_value(key, address, GOLDEN_VALUE).reveal() == b"golden value"


def test_the_whole_chain_opens() -> None:
    """E-1: a root key unwraps a project key, which unwraps a data key, which decrypts the value."""
    ring = Keyring("dep_a", {1: new_root()}, 1)
    wrapped = ring.new_project_key("vault_a", "proj_a")
    first = ring.unwrap_project_key(wrapped, "vault_a", "proj_a")
    encrypted = encrypt_value(first, ADDRESS, Plaintext.from_text(MARKER))
    again = ring.unwrap_project_key(wrapped, "vault_a", "proj_a")

    assert decrypt_value(again, ADDRESS, encrypted).reveal() == MARKER.encode()
