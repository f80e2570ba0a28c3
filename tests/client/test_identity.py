"""How this machine's identity is found and read, and kept inaccessible to other users (WIRE 4, D-2)."""

from __future__ import annotations

import base64
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
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

from strongroom import BadIdentity, Identity, NoIdentity, Strongroom, require_server_url
from strongroom._internal.identity import resolve_identity
from strongroom._internal.private_key import PrivateKey

MACHINE = "0b6f3b62-6a7f-4f0e-9d5d-2f3a4b5c6d7e"


@pytest.fixture
def make(home: Path):
    """Write an identity below the home folder; return its folder."""

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


def test_the_repr_of_an_identity(make: Any) -> None:
    """WIRE 4: an identity prints everything except its key."""
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
    assert re.fullmatch("[0-9a-f]{4}(?: [0-9a-f]{4}){15}", identity.fingerprint)
    assert [] == [each for each in printed if seed.hex() in each or repr(seed) in each]
    assert identity == Identity.load(str(folder / "identity.json"))


def test_the_order_of_the_search(make: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WIRE 4: the order is the argument, then `STRONGROOM_IDENTITY`, then the only vault on disk."""
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


def test_a_text_is_an_id_or_a_path(
    make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WIRE 4: a vault ID never leads to a file, because any checkout can contain a folder of that name."""
    folder = make("vault_one")
    shutil.copytree(folder, tmp_path / "evil")
    shutil.copytree(folder, tmp_path / "vault_two")
    monkeypatch.chdir(tmp_path)

    for text in ("evil", "Vault_one", "vault_", "vault_one\n", "", "evil\x1b[31m", "~"):
        with pytest.raises(NoIdentity, match="is neither a vault ID nor a path") as error:
            Strongroom(text)
        assert "\x1b" not in str(error.value)
        with pytest.raises(NoIdentity, match="is not a vault ID"):
            Identity.find(text)
    for text in ("./evil", "evil/identity.json", str(tmp_path / "evil"), "/", "../x", "a.json"):
        with pytest.raises(NoIdentity, match="is not a vault ID"):
            Identity.find(text)
    for each in (Strongroom, Identity.find):
        with pytest.raises(NoIdentity, match="no identity for vault_two"):
            each("vault_two")
    assert "vault_one" == Identity.find("vault_one").vault_id
    for path in ("./evil", "evil/identity.json", Path("evil"), "./vault_two"):
        assert MACHINE == resolve_identity(path).machine_id


def test_a_vault_of_the_environment(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """WIRE 4: `STRONGROOM_VAULT` chooses among several identities; a given file takes precedence."""
    one, two = make("vault_one"), make("vault_two")
    monkeypatch.setenv("STRONGROOM_VAULT", "vault_two")

    assert "vault_two" == resolve_identity().vault_id
    assert "vault_one" == resolve_identity("vault_one").vault_id
    monkeypatch.setenv("STRONGROOM_IDENTITY", str(one))
    assert "vault_one" == resolve_identity().vault_id
    monkeypatch.delenv("STRONGROOM_IDENTITY")
    for text in (str(two), "./vault_two", "two"):
        monkeypatch.setenv("STRONGROOM_VAULT", text)
        with pytest.raises(NoIdentity, match="is not a vault ID"):
            Strongroom()


def test_an_identity_in_the_wrong_folder(make: Any, home: Path) -> None:
    """WIRE 4: below the home folder, the folder's name is the vault; for a path, the file determines it."""
    folder = make("vault_one", vaultId="vault_two")
    for choose in (None, "vault_one"):
        with pytest.raises(BadIdentity, match="belongs to a different vault than its folder"):
            Strongroom(choose)

    assert "vault_two" == resolve_identity(folder).vault_id


def test_no_identity_or_several(make: Any, home: Path) -> None:
    """WIRE 4: the error lists the identities and says what to do."""
    with pytest.raises(NoIdentity, match=f"no identity in {home}: register with") as error:
        Strongroom()

    assert "STRONGROOM_IDENTITY" in error.value.hint
    make("vault_one")
    make("vault_two")
    with pytest.raises(NoIdentity, match="in several vaults: vault_one, vault_two: choose one"):
        Strongroom()
    with pytest.raises(NoIdentity, match="no identity for vault_three"):
        Strongroom("vault_three")


def test_the_home_by_default(
    make: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WIRE 4: identities are in `~/.strongroom` by default."""
    make()
    home.rename(tmp_path / ".strongroom")
    monkeypatch.delenv("STRONGROOM_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert MACHINE == resolve_identity().machine_id


def test_a_folder_that_was_moved(make: Any, home: Path, tmp_path: Path) -> None:
    """M-4: an identity in a mounted folder still finds its key; relative paths start in that folder."""
    shutil.move(make(), tmp_path / "mounted")

    assert MACHINE == Identity.load(tmp_path / "mounted").machine_id
    folder = make("vault_relative", privateKeyPath="private.pem")
    assert MACHINE == Identity.load(folder).machine_id


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"machineId": "web-1"}, "machineId is not a UUID"),
        ({"machineId": None}, "incomplete: it needs machineId, machineName"),
        ({"vaultId": 7}, "incomplete"),
        ({"vaultId": "../../etc"}, "not a valid vault ID"),
        ({"apiUrl": "http://strongroom.example"}, "neither https nor on this machine"),
        ({"apiUrl": "http://127.0.0.1:8200"}, "also on this machine: use http://localhost:8200"),
        ({"apiUrl": "http://[::1]"}, "also on this machine: use http://localhost$"),
        ({"apiUrl": "http://localhost.example"}, "neither https nor on this machine"),
        ({"apiUrl": "ftp://localhost"}, "doesn't begin with https://"),
        ({"apiUrl": "https://host/prefix"}, "it has a path"),
        ({"apiUrl": "https://host?x=1"}, "it has a path"),
        ({"apiUrl": "https://user:MARKER@host"}, "user names and passwords are not supported"),
        ({"apiUrl": "https://host:port"}, "not a URL"),
        ({"apiUrl": "https://[::1"}, "not a URL"),
        ({"apiUrl": "https://ho st"}, "it has no host"),
        ({"apiUrl": "localhost:8200"}, "it has no host"),
        ({"apiUrl": ""}, "it has no host"),
        ({"privateKeyPath": "/nowhere/at/all.key"}, "can't read .*: it doesn't exist"),
    ],
)
def test_identities_that_cannot_be_used(make: Any, changed: dict[str, Any], says: str) -> None:
    """WIRE 4: the error states the file and the reason, and repeats no password."""
    folder = make(**changed)
    with pytest.raises(BadIdentity, match=says) as error:
        Strongroom()

    assert str(folder) in str(error.value) or "/nowhere" in str(error.value)
    assert "MARKER" not in str(error.value)
    assert error.value.hint


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b"{", b"\xff\xfe"])
def test_invalid_identity_files(make: Any, content: bytes) -> None:
    """WIRE 4: an unreadable file is rejected without guessing at its content."""
    (make() / "identity.json").write_bytes(content)
    with pytest.raises(BadIdentity, match=r"identity\.json is (not JSON|incomplete)"):
        Strongroom()


def test_a_missing_file(tmp_path: Path) -> None:
    """WIRE 4: an explicitly given file must exist."""
    with pytest.raises(BadIdentity, match=r"can't read .*: it doesn't exist"):
        Strongroom(tmp_path / "nothing.json")
    with pytest.raises(BadIdentity, match=r"can't read .*identity\.json: it doesn't exist"):
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
    """WIRE 4: a server's URL is https anywhere, or http on this machine."""
    assert expected == require_server_url(given)


@given(st.text(max_size=40))
def test_any_text_as_an_address(text: str) -> None:
    """WIRE 4: any text is either accepted or rejected, and no other error is raised."""
    try:
        found = require_server_url(text)
    except BadIdentity:
        return

    assert found.startswith(("https://", "http://localhost"))


# The key -------------------------------------------------------------------------------------------


def test_keys_of_other_tools(make: Any) -> None:
    """WIRE 4: keys written by openssl or the library load, with any line lengths and line ends."""
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    # With an empty set of attributes (RFC 5958), which only the library can parse.
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


def test_invalid_keys(make: Any, home: Path) -> None:
    """WIRE 4: all malformed key files raise the same error, which doesn't include any of the file."""
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
        with pytest.raises(BadIdentity, match=r"private\.pem: not an Ed25519 key"):
            Identity.load(folder)
        shutil.rmtree(folder)


@pytest.mark.programs
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o777, 0o604])
def test_a_key_that_others_can_read_is_rejected(make: Any, mode: int) -> None:
    """WIRE 4: the error shows the command that fixes it; nothing is changed without the user's knowledge."""
    key = make() / "private.pem"
    key.chmod(mode)
    with pytest.raises(
        BadIdentity, match=r"private\.pem can be read or changed by others"
    ) as error:
        Identity.load(key.parent)

    assert mode == stat.S_IMODE(key.stat().st_mode)
    assert f"(mode {mode:04o})" in error.value.what
    command = error.value.hint.split(",")[0]
    subprocess.run(shlex.split(command), check=True)
    assert MACHINE == Identity.load(key.parent).machine_id


@pytest.mark.parametrize("mode", [0o644, 0o777])
def test_a_file_that_is_not_a_key_is_unchanged(make: Any, tmp_path: Path, mode: int) -> None:
    """WIRE 4: an identity can name any of our files, so the file isn't changed, and no advice is given."""
    victim = tmp_path / "index.html"
    victim.write_text("<html>")
    victim.chmod(mode)
    with pytest.raises(BadIdentity, match="not an Ed25519 key") as error:
        Identity.load(make(privateKeyPath=str(victim)))

    assert mode == stat.S_IMODE(victim.stat().st_mode)
    assert "chmod" not in str(error.value)
    assert "rotate" not in str(error.value)


@pytest.mark.parametrize("kind", ["folder", "pipe", "device", "huge"])
def test_special_files(make: Any, tmp_path: Path, kind: str) -> None:
    """WIRE 4: a special or huge file is rejected immediately, without waiting for it or reading it all."""
    named = tmp_path / "named"
    match kind:
        case "folder":
            named.mkdir()
        case "pipe":
            os.mkfifo(named)
        case "device":
            named = Path("/dev/zero")
        case _:
            named.write_bytes(bytes(65 * 1024))
    with pytest.raises(BadIdentity, match=r"not a regular file|too large"):
        Identity.load(make(privateKeyPath=str(named)))


def test_a_tilde_is_a_name(make: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """WIRE 4: an identity written by someone else must not find our key with it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "own.key").touch(0o600)
    (tmp_path / "own.key").write_bytes(PrivateKey.generate().to_pem())
    with pytest.raises(BadIdentity, match=r"can't read .*: it doesn't exist"):
        Identity.load(make(privateKeyPath="~/own.key"))


# Files that other users could have written
# --------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_writable_identity(make: Any, mode: int) -> None:
    """WIRE 4: others may read an identity but not write to it, because it determines where we connect."""
    file = make() / "identity.json"
    file.chmod(mode)
    with pytest.raises(BadIdentity, match=r"identity\.json can be changed by others") as error:
        Strongroom()

    assert f"chmod go-w {file}" in error.value.hint
    file.chmod(0o644)
    assert MACHINE == resolve_identity().machine_id


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o707])
def test_a_writable_folder(make: Any, tmp_path: Path, mode: int) -> None:
    """WIRE 4: anyone who can write to a folder could replace the identity or the key in it."""
    folder = make()
    folder.chmod(mode)
    with pytest.raises(BadIdentity, match="vault_abc123 can be changed by others") as error:
        Strongroom()

    assert f"chmod go-w {folder}" in error.value.hint
    folder.chmod(0o755)
    assert MACHINE == resolve_identity().machine_id
    keys = tmp_path / "keys"
    keys.mkdir()
    shutil.move(folder / "private.pem", keys / "own.key")
    keys.chmod(mode)
    with pytest.raises(BadIdentity, match="keys can be changed by others"):
        Identity.load(make("vault_two", privateKeyPath=str(keys / "own.key")))


def test_a_mounted_folder(make: Any, tmp_path: Path) -> None:
    """M-4: secrets are mounted as links in a sticky folder, where users can't replace others' files."""
    folder = make()
    data, mounted = tmp_path / "data", tmp_path / "mounted"
    shutil.move(folder, data)
    mounted.mkdir()
    mounted.chmod(0o1777)
    for name in ("identity.json", "private.pem"):
        (mounted / name).symlink_to(data / name)

    assert MACHINE == Identity.load(mounted).machine_id
    mounted.chmod(0o777)
    with pytest.raises(BadIdentity, match="mounted can be changed by others"):
        Identity.load(mounted)


def test_other_users_files(make: Any) -> None:
    """WIRE 4: files must be ours or root's; our group can read root's mounted files, and no one else can."""
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    said: dict[tuple[int, int], int] = {}
    with tempfile.TemporaryDirectory() as outside:
        folder = Path(shutil.move(make(), outside))
        key, file = folder / "private.pem", folder / "identity.json"
        for each in (Path(outside), folder):
            each.chmod(0o755)
        file.chmod(0o644)
        for owner, mode in (
            (ROOT, 0o440),
            (ROOT, 0o444),
            (ROOT, 0o460),
            (OURS, 0o400),
            (OURS, 0o440),
            (OTHER, 0o440),
        ):
            os.chown(key, owner, GROUP)
            key.chmod(mode)
            said[owner, mode] = _in_child(folder)
        os.chown(key, OURS, GROUP)
        key.chmod(0o400)
        others: list[int] = []
        for path in (file, folder):
            os.chown(path, OTHER, GROUP)
            others.append(_in_child(folder))
            os.chown(path, OURS, GROUP)
        mended = _in_child(folder)

    assert {
        (ROOT, 0o440): 0,
        (ROOT, 0o444): REFUSED,
        (ROOT, 0o460): REFUSED,
        (OURS, 0o400): 0,
        (OURS, 0o440): REFUSED,
        (OTHER, 0o440): REFUSED,
    } == said
    assert ([REFUSED, REFUSED], 0) == (others, mended)


ROOT, OURS, OTHER, GROUP = 0, 23456, 12345, 12345
REFUSED = 1


def _in_child(folder: Path) -> int:
    child = os.fork()
    if child == 0:
        os._exit(_load_as_somebody(folder))
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _load_as_somebody(folder: Path) -> int:
    """Load as a user in the files' group; exit with 0 for success, 1 for the expected error, otherwise 2."""
    try:
        os.setgroups([])
        os.setgid(GROUP)
        os.setuid(OURS)
        Identity.load(folder)
    except BadIdentity as error:
        told = ("can be read or changed by others", "belongs to another user (uid 12345)")
        return REFUSED if any(each in str(error) for each in told) else 2
    except Exception:  # noqa: BLE001 -- a child process, which must not go on as a test
        return 3
    return 0


def test_the_form_of_signatures(make: Any) -> None:
    """WIRE 7: an identity can choose the other form, and an unknown one is an error."""
    assert None is Identity.load(make("vault_a")).profile
    assert "rfc9421" == Identity.load(make("vault_b", profile="rfc9421")).profile
    with pytest.raises(BadIdentity, match="unknown profile"):
        Identity.load(make("vault_c", profile="v2"))
