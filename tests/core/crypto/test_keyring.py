"""Project and system keys can be unwrapped with the root key, in the place they were made for."""

import hashlib
import hmac
from dataclasses import replace
from uuid import UUID

import pytest

from strongroom_core.crypto import aead, envelope
from strongroom_core.crypto.aad import project_key_context
from strongroom_core.crypto.keyring import Keyring, SystemPurpose, WrappedKey, root_key_id
from strongroom_core.crypto.random import new_key_id
from strongroom_core.crypto.root import derive_key, new_root
from strongroom_core.kernel.errors import IntegrityFailure, WrongRoot

OLD, NEW = new_root(), new_root()
RING = Keyring("dep", {1: OLD}, 1)
BOTH = Keyring("dep", {1: OLD, 2: NEW}, 2)
AFTER = Keyring("dep", {2: NEW}, 2)


def test_a_project_key_is_the_same_at_every_unwrap() -> None:
    """E-1: a project has one key, which is unwrapped each time it is used."""
    wrapped = RING.new_project_key("v", "p")
    first = RING.unwrap_project_key(wrapped, "v", "p")
    second = RING.unwrap_project_key(wrapped, "v", "p")

    assert first.raw() == second.raw()
    assert first.id == second.id == wrapped.id
    assert first is not second


def test_keys_are_unique() -> None:
    """E-1: keys and their IDs are random and don't repeat."""
    wrapped = [RING.new_project_key("v", "p") for _ in range(100)]

    assert len({each.id for each in wrapped}) == 100
    assert len({RING.unwrap_project_key(each, "v", "p").raw() for each in wrapped}) == 100


def test_the_stored_blob_does_not_contain_the_key() -> None:
    """E-1: the stored blob is an envelope with the root key's version, and doesn't contain the plain key."""
    wrapped = RING.new_project_key("v", "p")

    assert len(wrapped.blob) == envelope.OVERHEAD_BYTES + 32
    assert envelope.parse(wrapped.blob).key_id == root_key_id(1)
    assert RING.unwrap_project_key(wrapped, "v", "p").raw() not in wrapped.blob


@pytest.mark.parametrize(
    ("deployment", "vault", "project"),
    [("other", "v", "p"), ("dep", "other", "p"), ("dep", "v", "other"), ("dep", "p", "v")],
)
def test_a_project_key_opens_for_its_project_only(
    deployment: str, vault: str, project: str
) -> None:
    """E-1: a project key can't be unwrapped in another deployment, vault or project."""
    wrapped = RING.new_project_key("v", "p")

    with pytest.raises(IntegrityFailure):
        Keyring(deployment, {1: OLD}, 1).unwrap_project_key(wrapped, vault, project)


def test_the_deployment_is_bound_twice() -> None:
    """E-1: even with the same wrapping key, one deployment can't unwrap another deployment's keys."""
    wrapped = RING.new_project_key("v", "p")
    wrapping = derive_key(OLD, "dep", "wrap")
    context = project_key_context("other", "v", "p", wrapped.id)

    with pytest.raises(IntegrityFailure):
        aead.from_envelope(wrapping, root_key_id(1), context, wrapped.blob)


@pytest.mark.parametrize(
    "change",
    [
        {"id": UUID(int=5)},
        {"root_version": 2},
        {"root_version": 0},
        {"root_version": -1},
        {"root_version": 2**70},
        {"blob": b""},
    ],
    ids=str,
)
def test_every_stored_column_is_bound(change: dict[str, object]) -> None:
    """E-1: a row with an altered ID, root version or blob can't be unwrapped."""
    wrapped = replace(BOTH.new_project_key("v", "p"), root_version=2)
    altered = replace(wrapped, **({"root_version": 1} if change == {"root_version": 2} else change))

    with pytest.raises(IntegrityFailure):
        BOTH.unwrap_project_key(altered, "v", "p")


def test_blobs_of_two_projects_cannot_be_swapped() -> None:
    """E-1: a blob stored under another project's ID can't be unwrapped."""
    first, second = RING.new_project_key("v", "p"), RING.new_project_key("v", "q")

    with pytest.raises(IntegrityFailure):
        RING.unwrap_project_key(replace(first, blob=second.blob), "v", "p")


def test_project_and_system_keys_do_not_stand_in_for_each_other() -> None:
    """E-4: a system key can't be unwrapped as a project key, or vice versa."""
    project = RING.new_project_key("v", "p")
    system = RING.new_system_key(SystemPurpose.PEPPER)

    with pytest.raises(IntegrityFailure):
        RING.unwrap_project_key(system, "v", "p")
    with pytest.raises(IntegrityFailure):
        Keyring("dep", {1: OLD}, 1).load_system_key(SystemPurpose.PEPPER, project)


def test_a_wrapped_key_of_another_length_is_rejected() -> None:
    """A key of 16 bytes in an otherwise valid envelope is an integrity failure."""
    key_id = new_key_id()
    blob = aead.into_envelope(
        derive_key(OLD, "dep", "wrap"),
        root_key_id(1),
        project_key_context("dep", "v", "p", key_id),
        bytes(16),
    )

    with pytest.raises(IntegrityFailure):
        RING.unwrap_project_key(WrappedKey(key_id, 1, blob), "v", "p")


def test_another_root_key_cannot_unwrap() -> None:
    """E-2: a different root key can't unwrap anything."""
    wrapped = RING.new_project_key("v", "p")

    with pytest.raises(IntegrityFailure):
        Keyring("dep", {1: NEW}, 1).unwrap_project_key(wrapped, "v", "p")


def test_the_error_names_the_missing_root_version() -> None:
    """E-3: for a key wrapped with a root key this process lacks, the error names the version needed."""
    wrapped = AFTER.new_project_key("v", "p")

    with pytest.raises(WrongRoot, match="root key version 2"):
        RING.unwrap_project_key(wrapped, "v", "p")


def test_the_active_root_must_be_given() -> None:
    """A keyring without the active root key is rejected when it is created."""
    with pytest.raises(ValueError, match="version 3"):
        Keyring("dep", {1: OLD}, 3)


def test_a_mac_is_hmac_sha256_under_the_loaded_key() -> None:
    """E-4: the pepper gives a 32-byte digest that stays the same across restarts."""
    wrapped = RING.new_system_key(SystemPurpose.PEPPER)
    first, again = Keyring("dep", {1: OLD}, 1), Keyring("dep", {1: OLD}, 1)
    first.load_system_key(SystemPurpose.PEPPER, wrapped)
    again.load_system_key(SystemPurpose.PEPPER, wrapped)
    digest = first.mac(SystemPurpose.PEPPER, b"a@example.test")

    assert again.mac(SystemPurpose.PEPPER, b"a@example.test") == digest
    assert first.mac(SystemPurpose.PEPPER, b"b@example.test") != digest
    assert len(digest) == 32
    assert digest != hashlib.sha256(b"a@example.test").digest()
    assert digest != hmac.digest(OLD.raw(), b"a@example.test", "sha256")


def test_two_system_keys_give_different_macs() -> None:
    """E-4: system keys are random: digests made with one don't match those of another."""
    rings = [Keyring("dep", {1: OLD}, 1) for _ in range(2)]
    for ring in rings:
        ring.load_system_key(SystemPurpose.PEPPER, ring.new_system_key(SystemPurpose.PEPPER))

    assert len({ring.mac(SystemPurpose.PEPPER, b"m") for ring in rings}) == 2


def test_a_mac_without_its_key_is_a_mistake_that_shows() -> None:
    """The keyring never falls back to another key."""
    with pytest.raises(LookupError, match="pepper isn't loaded"):
        Keyring("dep", {1: OLD}, 1).mac(SystemPurpose.PEPPER, b"m")


def test_rewrapping_changes_the_wrapping_and_not_the_key() -> None:
    """E-3: after a root key rotation, the new root key unwraps the same project key and the old one can't."""
    before = RING.new_project_key("v", "p")
    after = BOTH.rewrap_project_key(before, "v", "p")

    assert (after.id, after.root_version) == (before.id, 2)
    assert (
        AFTER.unwrap_project_key(after, "v", "p").raw()
        == RING.unwrap_project_key(before, "v", "p").raw()
    )
    with pytest.raises(WrongRoot):
        RING.unwrap_project_key(after, "v", "p")


def test_rewrapping_a_system_key_keeps_its_macs() -> None:
    """E-3: digests made before a root key rotation still match after it."""
    before = RING.new_system_key(SystemPurpose.PEPPER)
    old, new = Keyring("dep", {1: OLD}, 1), Keyring("dep", {2: NEW}, 2)
    old.load_system_key(SystemPurpose.PEPPER, before)
    new.load_system_key(SystemPurpose.PEPPER, BOTH.rewrap_system_key(before, SystemPurpose.PEPPER))

    assert new.mac(SystemPurpose.PEPPER, b"m") == old.mac(SystemPurpose.PEPPER, b"m")


def test_rewrapping_is_repeatable() -> None:
    """E-3: after an interruption, a rotation can process the same keys again."""
    once = BOTH.rewrap_project_key(RING.new_project_key("v", "p"), "v", "p")

    assert BOTH.rewrap_project_key(once, "v", "p") is once


def test_rewrapping_verifies_every_key() -> None:
    """E-3: rewrapping all keys detects a damaged one, no matter which root key wraps it."""
    for wrapped in (RING.new_project_key("v", "p"), BOTH.new_project_key("v", "p")):
        damaged = replace(wrapped, blob=wrapped.blob[:-1] + bytes([wrapped.blob[-1] ^ 1]))

        with pytest.raises(IntegrityFailure):
            BOTH.rewrap_project_key(damaged, "v", "p")


def test_rewrapping_does_not_move_a_key() -> None:
    """E-1: rewrapping under another project's name fails, so it can't be used to move a key."""
    with pytest.raises(IntegrityFailure):
        BOTH.rewrap_project_key(RING.new_project_key("v", "p"), "v", "q")
