"""Vectors from Wycheproof, which test for known mistakes in cryptographic libraries."""

import hmac
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from strongroom_core.crypto.aead import open_gcm
from strongroom_core.crypto.key import Key
from strongroom_core.crypto.signature import verify_signature
from strongroom_core.kernel.errors import IntegrityFailure, NotAuthenticated

_BESIDE = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "wycheproof"
FOLDER = Path(os.environ.get("STRONGROOM_WYCHEPROOF") or _BESIDE)

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="needs the JSON files of github.com/C2SP/wycheproof, folder testvectors_v1:"
    " name a copy in STRONGROOM_WYCHEPROOF",
)

_HKDF_LIMIT = 255 * 32


def _cases(name: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every (group, test) of a file."""
    content = json.loads((FOLDER / f"{name}_test.json").read_text())
    cases = [(group, test) for group in content["testGroups"] for test in group["tests"]]
    assert len(cases) == content["numberOfTests"]
    return cases


def _bytes(test: dict[str, Any], name: str) -> bytes:
    return bytes.fromhex(test[name])


def test_aes_gcm() -> None:
    """E-1: every vector of our sizes gives the expected result; all other sizes are rejected."""
    seen = Counter[str]()
    for group, test in _cases("aes_gcm"):
        raw, iv = _bytes(test, "key"), _bytes(test, "iv")
        sealed = _bytes(test, "ct") + _bytes(test, "tag")
        assert group["tagSize"] == 128
        if group["keySize"] != 256:
            with pytest.raises(ValueError, match="32 bytes"):
                Key(raw)
            seen["other key size"] += 1
        elif group["ivSize"] != 96:
            with pytest.raises(IntegrityFailure):
                open_gcm(Key(raw), iv, sealed, _bytes(test, "aad"))
            seen["other nonce size"] += 1
        elif test["result"] == "valid":
            opened = open_gcm(Key(raw), iv, sealed, _bytes(test, "aad"))
            assert opened == _bytes(test, "msg"), test["tcId"]
            seen["opened"] += 1
        else:
            with pytest.raises(IntegrityFailure):
                open_gcm(Key(raw), iv, sealed, _bytes(test, "aad"))
            seen["refused"] += 1

    assert seen.total() == 316
    assert min(seen[kind] for kind in ("opened", "refused", "other nonce size")) > 20


def test_ed25519() -> None:
    """M-1: every vector is accepted or rejected as expected."""
    seen = Counter[str]()
    for group, test in _cases("ed25519"):
        key = bytes.fromhex(group["publicKey"]["pk"])
        try:
            verify_signature(key, _bytes(test, "msg"), _bytes(test, "sig"))
        except NotAuthenticated:
            outcome = "invalid"
        else:
            outcome = "valid"
        assert outcome == test["result"], test["tcId"]
        seen[outcome] += 1

    assert seen.total() == 151
    assert min(seen.values()) > 50


def test_hkdf() -> None:
    """E-1: the derivation of wrapping keys gives the published bytes."""
    seen = Counter[str]()
    for _, test in _cases("hkdf_sha256"):
        seen[test["result"]] += 1
        if test["result"] == "invalid":
            assert test["size"] > _HKDF_LIMIT
            with pytest.raises(ValueError, match="derive keys larger"):
                HKDF(SHA256(), test["size"], _bytes(test, "salt"), _bytes(test, "info"))
            continue
        kdf = HKDF(SHA256(), test["size"], _bytes(test, "salt"), _bytes(test, "info"))
        assert kdf.derive(_bytes(test, "ikm")) == _bytes(test, "okm"), test["tcId"]

    assert seen.total() == 86
    assert seen["valid"] > 50


def test_hmac() -> None:
    """E-4: the MAC used for counters and check values gives the published bytes."""
    seen = Counter[str]()
    for group, test in _cases("hmac_sha256"):
        digest = hmac.digest(_bytes(test, "key"), _bytes(test, "msg"), "sha256")
        matches = hmac.compare_digest(digest[: group["tagSize"] // 8], _bytes(test, "tag"))
        assert matches == (test["result"] == "valid"), test["tcId"]
        seen[test["result"]] += 1

    assert seen.total() == 174
    assert min(seen.values()) > 50
