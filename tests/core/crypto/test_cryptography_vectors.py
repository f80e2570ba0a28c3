"""The vectors of NIST, the RFCs and the Ed25519 authors, as packaged in `cryptography-vectors`."""

import hmac
import re
from collections.abc import Iterator
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.signing import SigningKey

from strongroom_core.crypto.aead import open_gcm
from strongroom_core.crypto.key import Key
from strongroom_core.crypto.signature import require_valid_public_key, verify_signature
from strongroom_core.kernel.errors import IntegrityFailure

FOLDER = Path(next(iter(cryptography_vectors.__path__)))


def _records(path: str, between: str = r"\n\s*\n") -> Iterator[dict[str, str]]:
    """Yield the blocks of ``Name = value`` lines, each with the bracketed lines above it."""
    section = dict[str, str]()
    for block in re.split(between, (FOLDER / path).read_text().replace("\r\n", "\n")):
        lines = [line for line in block.splitlines() if line and not line.startswith("#")]
        for line in lines:
            if line.startswith("["):
                name, _, value = line.strip("[]").partition("=")
                section[name.strip()] = value.strip()
        record = dict(section)
        for line in lines:
            if not line.startswith("["):
                name, _, value = line.partition("=")
                record[name.strip().lower()] = value.strip()
        if record.keys() - section.keys():
            yield record


@pytest.mark.parametrize("name", ["gcmDecrypt256.rsp", "gcmEncryptExtIV256.rsp"])
def test_aes_256_gcm(name: str) -> None:
    """E-1: NIST's vectors of our sizes can be decrypted, unless marked FAIL; other nonce sizes can't."""
    opened = refused = shut = 0
    for record in _records(f"ciphers/AES/GCM/{name}"):
        if "key" not in record:
            continue
        key = Key(bytes.fromhex(record["key"]))
        nonce, aad = bytes.fromhex(record["iv"]), bytes.fromhex(record["aad"])
        ciphertext = bytes.fromhex(record["ct"] + record["tag"])
        if record["IVlen"] != "96":
            with pytest.raises(IntegrityFailure):
                open_gcm(key, nonce, ciphertext, aad)
            shut += 1
        elif record["Taglen"] != "128":
            continue
        elif "fail" in record:
            with pytest.raises(IntegrityFailure):
                open_gcm(key, nonce, ciphertext, aad)
            refused += 1
        else:
            assert open_gcm(key, nonce, ciphertext, aad).hex() == record["pt"]
            opened += 1

    assert opened > 150
    assert shut > 1_000
    assert (refused > 100) == name.startswith("gcmDecrypt")


def test_hkdf() -> None:
    """E-1: our HKDF reproduces the vectors of RFC 5869 for SHA-256."""
    seen = 0
    for record in _records("KDF/rfc-5869-HKDF-SHA256.txt", r"\n(?=COUNT)"):
        if "okm" not in record:
            continue
        kdf = HKDF(
            SHA256(),
            int(record["l"]),
            bytes.fromhex(record["salt"]),
            bytes.fromhex(record["info"]),
        )
        assert kdf.derive(bytes.fromhex(record["ikm"])).hex() == record["okm"]
        seen += 1

    assert seen == 3


def test_hmac() -> None:
    """E-4: our HMAC reproduces the vectors of RFC 4231 for SHA-256, except the truncated one."""
    seen = 0
    for record in _records("HMAC/rfc-4231-sha256.txt"):
        if "md" not in record:
            continue
        key = bytes.fromhex(record["key"])
        digest = hmac.digest(key, bytes.fromhex(record["msg"]), "sha256")
        assert digest.hex().startswith(record["md"])
        seen += 1

    assert seen >= 6


def test_ed25519() -> None:
    """M-1: all 1,024 key pairs and signatures in the authors' file are accepted and reproduced."""
    lines = (FOLDER / "asymmetric/Ed25519/sign.input").read_text().splitlines()
    for line in lines:
        secret, public, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        require_valid_public_key(public)
        verify_signature(public, message, signed[:64])
        assert SigningKey(secret[:32]).sign(message).signature == signed[:64]

    assert len(lines) == 1_024
