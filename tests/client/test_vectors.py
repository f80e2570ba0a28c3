# pyright: reportMissingTypeStubs=false
"""The vectors shared by client and server, and another client's cache (D-1, WIRE 1 and 4)."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sikkerkey.cache import SecretCache, derive_key

from strongroom import Identity, OfflineCache
from strongroom._internal.cache_entries import CacheKey, EntryUnreadable, Kept
from strongroom._internal.cache_folder import CacheFolder
from strongroom._internal.exchange import sign
from strongroom._internal.private_key import PrivateKey

VECTORS = Path("packages/wire/vectors")


@pytest.fixture(scope="module")
def cache() -> dict[str, Any]:
    """The content of `cache.json`."""
    return json.loads((VECTORS / "cache.json").read_text())


@pytest.fixture(scope="module")
def key(cache: dict[str, Any]) -> CacheKey:
    """The key that the SDK derives."""
    seed = bytes.fromhex(cache["seed"])
    return CacheKey.derive(seed, vault=cache["vaultId"], machine=cache["machineId"])


def test_requests_are_signed_like_the_vectors() -> None:
    """WIRE 1: the SDK's headers match the vectors byte for byte."""
    requests = json.loads((VECTORS / "signing.json").read_text())["requests"]
    for vector in requests:
        signing = PrivateKey(bytes.fromhex(vector["seed"]))
        headers = sign(
            vector["method"],
            vector["path"],
            b64decode(vector["body"]),
            machine="0b6f3b62-6a7f-4f0e-9d5d-2f3a4b5c6d7e",
            key=signing,
            at=vector["timestamp"],
            nonce=vector["nonce"],
        )

        assert vector["signature"] == headers["x-signature"], vector["name"]
        assert str(vector["timestamp"]) == headers["x-timestamp"]
        assert vector["nonce"] == headers["x-nonce"]
        assert vector["publicKey"] == signing.public_key
    assert 8 == len(requests)


def test_the_cache_vectors_follow_the_specification(cache: dict[str, Any]) -> None:
    """WIRE 4: the vectors are recomputed here from the specification, using only the cryptography library."""
    derivation = HKDF(SHA256(), 32, cache["vaultId"].encode(), b"sikkerkey-cache-v1")
    key = derivation.derive(bytes.fromhex(cache["seed"]))

    assert cache["key"] == key.hex()
    for vector in cache["entries"]:
        entry = vector["entry"]
        parts = (cache["vaultId"], cache["machineId"], vector["secretId"], str(entry["cachedAt"]))
        aad = "\0".join(("sikkerkey-cache-v1", *parts)).encode()
        plain = AESGCM(key).decrypt(b64decode(entry["nonce"]), b64decode(entry["ct"]), aad)
        held = {
            "value": vector["value"],
            "name": vector["label"],
            "fieldNames": vector["fieldNames"],
        }

        assert {"v", "nonce", "ct", "cachedAt"} == entry.keys()
        assert {name: text for name, text in held.items() if text is not None} == json.loads(plain)


def test_the_cache_vectors_are_reproduced(cache: dict[str, Any], key: CacheKey) -> None:
    """WIRE 4: the SDK writes and reads exactly these bytes."""
    for vector in cache["entries"]:
        entry = vector["entry"]
        kept = Kept(vector["value"], entry["cachedAt"], vector["label"], vector["fieldNames"])
        written = key.encrypt(vector["secretId"], kept, nonce=b64decode(entry["nonce"]))

        assert entry == json.loads(written), vector["name"]
        assert kept == key.decrypt(vector["secretId"], json.dumps(entry).encode())
    assert 5 == len(cache["entries"])


def test_altered_cache_files_cannot_be_decrypted(cache: dict[str, Any], key: CacheKey) -> None:
    """WIRE 4: every cause of a failed decryption gives the same error, which names only the secret."""
    for vector in cache["spoilt"]:
        with pytest.raises(
            EntryUnreadable, match=f"can't decrypt the cached entry of {vector['secretId']}"
        ):
            key.decrypt(vector["secretId"], json.dumps(vector["entry"]).encode())
    for entry in (b"", b"[]", b"{}", b"null", b'{"v":1}', b"\xff", b'{"v":1,"cachedAt":true}'):
        with pytest.raises(EntryUnreadable):
            key.decrypt("sk_a", entry)
    for vault, machine in (("vault_other", key.machine), (key.vault, "another machine")):
        other = CacheKey.derive(bytes.fromhex(cache["seed"]), vault=vault, machine=machine)
        first = cache["entries"][0]
        with pytest.raises(EntryUnreadable):
            other.decrypt(first["secretId"], json.dumps(first["entry"]).encode())
    assert 6 == len(cache["spoilt"])


@pytest.mark.parametrize("text", ["", "plain", "wört€ 😀\u2028\"'\\\n\r\t", "x" * 65_536, "\ud800"])
def test_sikkerkey_and_we_share_a_cache(
    cache: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """D-1, WIRE 4: the PyPI package `sikkerkey` 1.3.0 and we share a cache folder."""
    monkeypatch.setenv("SIKKERKEY_HOME", str(tmp_path))
    vault, machine, seed = cache["vaultId"], cache["machineId"], bytes.fromhex(cache["seed"])
    folder = tmp_path / "vaults" / vault / "cache"
    theirs = SecretCache(vault, machine, derive_key(seed, vault))
    identity = Identity(machine, "web-1", vault, "http://localhost:1", PrivateKey(seed))
    ours = CacheFolder(OfflineCache(folder), identity)
    ours.keep("sk_ours", text)
    ours.keep("sk_named", text, label="A", field_names='["a"]')
    theirs.store("sk_theirs", "B", text, '["b"]')
    theirs.store("sk_unnamed", "", text, None)
    found, named = theirs.load("sk_ours"), theirs.load("sk_named")
    kept, unnamed = ours.load("sk_theirs"), ours.load("sk_unnamed")

    assert found is not None
    assert named is not None
    assert (text, "", None) == (found.value, found.name, found.field_names)
    assert (text, "A", '["a"]') == (named.value, named.name, named.field_names)
    assert kept is not None
    assert unnamed is not None
    assert (text, "B", '["b"]') == (kept.value, kept.name, kept.field_names)
    assert (text, None, None) == (unnamed.value, unnamed.name, unnamed.field_names)


def test_the_fingerprint_is_the_servers(cache: dict[str, Any]) -> None:
    """M-8: the fingerprint that a person compares is the same in the SDK and on the server."""
    from strongroom_core.machines.listing import key_fingerprint  # noqa: PLC0415 -- for comparison only

    key = PrivateKey(hashlib.sha256(b"any").digest())

    assert key_fingerprint(b64decode(key.public_key)) == key.fingerprint
