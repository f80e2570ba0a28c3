"""Keys in memory can't be printed, compared or serialized."""

import copy
import json
import pickle
from collections.abc import Callable

import pytest

from strongroom_core.crypto.key import Key
from strongroom_core.crypto.keyring import Keyring, ProjectKey
from strongroom_core.crypto.random import new_key_id
from strongroom_core.crypto.root import RootKey
from strongroom_core.crypto.shares import ShareCollector, split

RAW = b"key-marker-7a41-0123456789abcdef"


def _holders() -> dict[str, object]:
    collector = ShareCollector(lambda: 0.0)
    collector.add(split(RootKey(RAW), needed=2, total=2)[0])
    return {
        "Key": Key(RAW),
        "RootKey": RootKey(RAW),
        "ProjectKey": ProjectKey(new_key_id(), RAW),
        "Keyring": Keyring("dep", {1: RootKey(RAW)}, 1),
        "ShareCollector": collector,
    }


HOLDERS = _holders()


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize("store", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, vars])
def test_is_not_stored_or_copied(name: str, store: Callable[[object], object]) -> None:
    """E-5: objects with key material can't be pickled, copied or serialized."""
    with pytest.raises(TypeError) as caught:
        store(HOLDERS[name])

    assert "key-marker" not in str(caught.value)


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize("show", [repr, str, "{}".format])
def test_shows_a_mask(name: str, show: Callable[[object], str]) -> None:
    """E-5: text made from key material contains only the type's name."""
    text = show(HOLDERS[name])

    assert text.startswith(f"{name}(***")
    assert "key-marker" not in text
    assert RAW.hex() not in text


@pytest.mark.parametrize("name", ["Key", "RootKey", "ProjectKey"])
def test_is_not_compared_hashed_or_formatted(name: str) -> None:
    """Keys can't be compared, because the comparison wouldn't be in constant time."""
    key = HOLDERS[name]

    with pytest.raises(TypeError, match="can't be compared"):
        _ = key == Key(RAW)
    with pytest.raises(TypeError, match="can't be hashed"):
        hash(key)
    with pytest.raises(TypeError, match="can't be formatted"):
        f"{key:>9}"


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_has_thirty_two_bytes(length: int) -> None:
    """Every key has 256 bits."""
    with pytest.raises(ValueError, match="32 bytes"):
        Key(bytes(length))
