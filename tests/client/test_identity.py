"""Who this machine is: found, read, and closed to others (WIRE 4, D-2)."""

from __future__ import annotations

import base64
import json
import os
import shutil
import stat
import tempfile
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from strongroom import BadIdentity, Identity, NoIdentity, Strongroom
from strongroom.identity import require_server_url
from strongroom.private_key import PrivateKey
from strongroom.resolution import resolve_identity

MACHINE = "0b6f3b62-6a7f-4f0e-9d5d-2f3a4b5c6d7e"


@pytest.fixture
def make(home: Path):
    """Write an identity below the home; return its folder."""

    def make(vault: str = "vault_abc123", pem: bytes | None = None, **changed: Any) -> Path:
        folder = home / "vaults" / vault
        folder.mkdir(parents=True, mode=0o700)
        key = folder / "private.pem"
        key.touch(0o600)
        key.write_bytes(PrivateKey.generate().to_pem() if pem is None else pem)
        content = {
            "machineId": MACHINE,
            "machineName": "web-1",
            "vaultId": vault,
            "apiUrl": "http://localhost:8200",
            "privateKeyPath": str(key),
        }
        written = {name: each for name, each in {**content, **changed}.items() if each is not None}
        (folder / "identity.json").write_text(json.dumps(written))
        return folder

    return make


def test_what_an_identity_tells(make: Any) -> None:
    """WIRE 4: everything but its key, which is printed nowhere."""
    folder = make()
    identity = Identity.load(folder)
    seed = identity.key.seed()
    printed = [repr(identity), str(identity), repr(identity.key), repr(Strongroom(identity))]

    assert (MACHINE, "web-1", "vault_abc123") == (
        identity.machine_id,
        identity.machine_name,
        identity.vault_id,
    )
    assert "http://localhost:8200" == identity.api_url
    assert folder / "identity.json" == identity.path
    assert identity.fingerprint.startswith("SHA256:")
    assert [] == [each for each in printed if seed.hex() in each or repr(seed) in each]
    assert identity == Identity.load(str(folder / "identity.json"))


def test_how_one_is_found(make: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WIRE 4: argument, then `STRONGROOM_IDENTITY`, then the only vault on disk."""
    one = make("vault_one")

    assert "vault_one" == resolve_identity().vault_id
    two = make("vault_two")
    assert "vault_two" == resolve_identity("vault_two").vault_id
    assert "vault_two" == resolve_identity(two).vault_id
    assert "vault_two" == resolve_identity(str(two / "identity.json")).vault_id
    assert "vault_one" == resolve_identity(Identity.load(one)).vault_id
    monkeypatch.setenv("STRONGROOM_IDENTITY", str(one / "identity.json"))
    assert "vault_one" == resolve_identity().vault_id
    assert "vault_two" == resolve_identity(two).vault_id


def test_where_none_or_several_are(make: Any, home: Path) -> None:
    """WIRE 4: the error says what there is and what to do."""
    with pytest.raises(NoIdentity, match=f"no identity below {home}: enroll it with") as error:
        Strongroom()

    assert "STRONGROOM_IDENTITY" in error.value.hint
    make("vault_one")
    make("vault_two")
    with pytest.raises(NoIdentity, match="in several vaults: vault_one, vault_two: name one"):
        Strongroom()
    with pytest.raises(NoIdentity, match="no identity in vault_three"):
        Strongroom("vault_three")


def test_the_home_by_default(
    make: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WIRE 4: `~/.strongroom`."""
    make()
    home.rename(tmp_path / ".strongroom")
    monkeypatch.delenv("STRONGROOM_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert MACHINE == resolve_identity().machine_id


def test_a_folder_that_was_moved(make: Any, home: Path, tmp_path: Path) -> None:
    """M-4: a bundle that is mounted elsewhere finds its key beside it; relative paths are from there."""
    shutil.move(make(), tmp_path / "mounted")

    assert MACHINE == Identity.load(tmp_path / "mounted").machine_id
    folder = make("vault_relative", privateKeyPath="private.pem")
    assert MACHINE == Identity.load(folder).machine_id


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"machineId": "web-1"}, "machineId is not a UUID"),
        ({"machineId": None}, "incomplete: it holds machineId, machineName"),
        ({"vaultId": 7}, "incomplete"),
        ({"vaultId": "../../etc"}, "vault's id is not one"),
        ({"apiUrl": "http://strongroom.example"}, "neither https nor on this machine"),
        ({"apiUrl": "http://127.0.0.1:8200"}, "neither https nor on this machine"),
        ({"apiUrl": "http://localhost.example"}, "neither https nor on this machine"),
        ({"apiUrl": "ftp://localhost"}, "neither https nor on this machine"),
        ({"apiUrl": "https://host/prefix"}, "it has a path"),
        ({"apiUrl": "https://host?x=1"}, "it has a path"),
        ({"apiUrl": "https://user:MARKER@host"}, "it holds a user name or password"),
        ({"apiUrl": "https://host:port"}, "it is no address"),
        ({"apiUrl": "https://[::1"}, "it is no address"),
        ({"apiUrl": "https://ho st"}, "it names no host"),
        ({"apiUrl": "localhost:8200"}, "it names no host"),
        ({"apiUrl": ""}, "it names no host"),
        ({"privateKeyPath": "/nowhere/at/all.key"}, "cannot be read: it is not there"),
    ],
)
def test_identities_that_cannot_be_used(make: Any, changed: dict[str, Any], says: str) -> None:
    """WIRE 4: the error names the file and the reason, and repeats no password."""
    folder = make(**changed)
    with pytest.raises(BadIdentity, match=says) as error:
        Strongroom()

    assert str(folder) in str(error.value) or "/nowhere" in str(error.value)
    assert "MARKER" not in str(error.value)
    assert error.value.hint


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff\xfe"])
def test_files_that_are_no_identity(make: Any, content: bytes) -> None:
    """WIRE 4: neither is guessed at."""
    (make() / "identity.json").write_bytes(content)
    with pytest.raises(BadIdentity, match=r"identity\.json is (not JSON|incomplete)"):
        Strongroom()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """WIRE 4: named by a person, it must be there."""
    with pytest.raises(BadIdentity, match="cannot be read: it is not there"):
        Strongroom(tmp_path / "nothing.json")
    with pytest.raises(BadIdentity, match=r"identity\.json cannot be read: it is not there"):
        Strongroom(tmp_path)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://host", "https://host"),
        ("https://host/", "https://host"),
        ("https://host:8443/", "https://host:8443"),
        ("https://[::1]:8443", "https://[::1]:8443"),
        ("http://localhost", "http://localhost"),
        ("http://localhost:8200/", "http://localhost:8200"),
    ],
)
def test_addresses_of_servers(given: str, expected: str) -> None:
    """WIRE 4: https anywhere, http on this machine only."""
    assert expected == require_server_url(given)


@given(st.text(max_size=40))
def test_any_text_as_an_address(text: str) -> None:
    """WIRE 4: whatever a file holds is taken or refused, and nothing else is raised."""
    try:
        found = require_server_url(text)
    except BadIdentity:
        return

    assert found.startswith(("https://", "http://localhost"))


# The key -------------------------------------------------------------------------------------------


def test_keys_of_other_tools(make: Any) -> None:
    """WIRE 4: as openssl and the library write them, with other line lengths, with line ends of Windows."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    # With an empty set of attributes (RFC 5958), which only the library's reader knows.
    longer = bytes([der[0], der[1] + 2]) + der[2:] + bytes.fromhex("a000")
    forms = [
        pem,
        pem.replace(b"\n", b"\r\n"),
        b"\n\n" + pem + b"\n\n",
        pem.replace(b"MC4C", b"MC\n4C"),
        b"-----BEGIN PRIVATE KEY-----\n"
        + base64.b64encode(longer)
        + b"\n-----END PRIVATE KEY-----\n",
    ]

    assert [key.private_bytes_raw()] * 5 == [PrivateKey.from_pem(each).seed() for each in forms]
    assert pem == PrivateKey.from_pem(pem).to_pem()


def test_what_is_no_key(make: Any, home: Path) -> None:
    """WIRE 4: another kind, a passphrase, half a file: one error that quotes nothing of it."""
    other = generate_private_key(SECP256R1())
    mine = Ed25519PrivateKey.generate()
    pem = mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    forms = [
        b"",
        b"\xff",
        pem[:60],
        pem.replace(b"MC4C", b"MC4!"),
        other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
        mine.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
        mine.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    ]
    for form in forms:
        folder = make(pem=form)
        with pytest.raises(BadIdentity, match=r"private\.pem: it is no Ed25519 key"):
            Identity.load(folder)
        shutil.rmtree(folder)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o777, 0o604])
def test_an_open_key_is_closed(make: Any, mode: int) -> None:
    """WIRE 4: a key that others could read is closed to them, and said to have been open."""
    key = make() / "private.pem"
    key.chmod(mode)
    with pytest.warns(UserWarning, match=r"private\.pem could be read or changed by others"):
        Identity.load(key.parent)

    assert 0o600 == stat.S_IMODE(key.stat().st_mode)


def test_an_open_key_of_somebody_else(make: Any) -> None:
    """WIRE 4: a mounted key may be readable by our group; open to everyone it is refused, with a hint."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    with tempfile.TemporaryDirectory() as outside:
        folder = Path(shutil.move(make(), outside))
        for each in (Path(outside), folder):
            each.chmod(0o755)
        (folder / "identity.json").chmod(0o644)
        key = folder / "private.pem"
        os.chown(key, 12345, 12345)
        said: dict[int, int] = {}
        for mode in (0o440, 0o644, 0o660, 0o444):
            key.chmod(mode)
            child = os.fork()
            if child == 0:
                os._exit(_load_as_somebody(folder))
            said[mode] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert {0o440: 0, 0o644: 1, 0o660: 1, 0o444: 1} == said


def _load_as_somebody(folder: Path) -> int:
    """Load as a user who is in the key's group: 0 for success, 1 for the right error, else 2."""
    try:
        os.setgroups([])
        os.setgid(12345)
        os.setuid(23456)
        Identity.load(folder)
    except BadIdentity as error:
        return 1 if "chmod 600, or mount it with mode 0400" in str(error) else 2
    except Exception:  # noqa: BLE001 -- a child process, which must not go on as a test
        return 3
    return 0
