"""People's keys on this computer: where they are kept, who can read them, and which profile is used (D-5)."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError

from strongroom._internal.person_key import new_profile_name, save_profile
from strongroom._internal.private_key import PrivateKey
from strongroom.admin import Admin, Profile
from strongroom.errors import BadIdentity, NoIdentity

pytestmark = pytest.mark.pure

UNTIL = datetime(2026, 12, 30, 12, tzinfo=UTC)
PROFILE = Profile(
    name="acme",
    server="https://strongroom.example",
    vault_id="vault_abcdefghij",
    vault_name="Acme",
    username="ada",
    key_id="key_abcdefghij234567",
    key_name="laptop",
    expires_at=UNTIL,
    kept_in="file",
)


class Keyring(KeyringBackend):
    """A keyring in memory that fails on request."""

    priority: Any = 5  # pyright: ignore[reportIncompatibleMethodOverride]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        """Return a password, or None."""
        if self.locked:
            raise KeyringError("locked")
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a password."""
        if self.locked:
            raise KeyringError("locked")
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget a password."""
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, home: Path) -> Iterator[Keyring]:
    """The system's keyring, and an empty STRONGROOM_HOME."""
    del home
    monkeypatch.delenv("STRONGROOM_PROFILE", raising=False)
    made, before = Keyring(), keyring.get_keyring()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(before)


def modes(folder: Path) -> dict[str, int]:
    """Return the modes of everything in a folder."""
    return {
        str(each.relative_to(folder)): stat.S_IMODE(each.stat().st_mode)
        for each in folder.rglob("*")
    }


def test_with_a_keyring_the_key_is_nowhere_else(system: Keyring, home: Path) -> None:
    """D-5: the keyring has the key under a name that isn't secret, and no file has it."""
    key = PrivateKey.generate()
    saved = save_profile(PROFILE, key)
    found = Profile.find()

    assert "keyring" == saved.kept_in
    assert found == saved
    assert found.load_key().key == key
    assert {("strongroom", PROFILE.key_id)} == system.kept.keys()
    assert {"people": 0o700, "people/acme": 0o700, "people/acme/profile.json": 0o600} == modes(home)
    written = (home / "people/acme/profile.json").read_text()
    for line in key.to_pem().decode().splitlines():
        assert line not in written
    found.remove()

    assert {} == system.kept
    assert [] == list(Profile.list())


@pytest.mark.parametrize("why", ["none", "plain files", "locked"])
def test_without_a_keyring_the_key_is_in_a_private_file(
    system: Keyring, home: Path, why: str
) -> None:
    """D-5: without a keyring that encrypts, the key is in a file that only this user can read."""
    system.locked = why == "locked"
    system.priority = {"none": 0, "plain files": 0.5, "locked": 5}[why]
    key = PrivateKey.generate()
    saved = save_profile(PROFILE, key)
    found = Profile.find()

    assert ("file", {}) == (saved.kept_in, system.kept)
    assert found.load_key().key == key
    assert 0o600 == modes(home)["people/acme/private.pem"]
    (home / "people/acme/private.pem").chmod(0o640)
    with pytest.raises(BadIdentity, match="chmod 600"):
        found.load_key()
    found.remove()

    assert {"people": 0o700} == modes(home)


def test_a_keyring_that_is_locked_later(system: Keyring) -> None:
    """D-5: the error says what to do, and has no other error in its context that could contain the key."""
    found = save_profile(PROFILE, PrivateKey.generate())
    system.locked = True
    with pytest.raises(BadIdentity, match="unlock it, or sign in again") as raised:
        found.load_key()

    assert raised.value.__cause__ is None


def test_a_new_log_in_replaces_the_old_one(system: Keyring, home: Path) -> None:
    """D-5: a key that moves to the keyring is no longer in a file."""
    system.priority = 0
    save_profile(PROFILE, PrivateKey.generate())
    system.priority = 5
    key = PrivateKey.generate()
    save_profile(PROFILE, key)

    assert Profile.find().load_key().key == key
    assert not (home / "people/acme/private.pem").exists()


def test_a_replaced_key_leaves_the_keyring(system: Keyring, home: Path) -> None:
    """D-5: signing in again keeps the selection, and the keyring has only the new key."""
    save_profile(PROFILE, PrivateKey.generate())
    Profile.find().select()
    save_profile(replace(PROFILE, key_id="key_new"), PrivateKey.generate())

    assert {("strongroom", "key_new")} == system.kept.keys()
    assert "acme" == (home / "people/selected").read_text()


def test_a_profile_that_cannot_be_replaced(system: Keyring, home: Path) -> None:
    """D-5: the earlier key stays; the new one is revoked or, without the server, the error says who can."""
    system.priority = 0
    save_profile(PROFILE, PrivateKey.generate())
    key_file, file = home / "people/acme/private.pem", home / "people/acme/profile.json"
    before = key_file.read_bytes()
    new = replace(PROFILE, server="http://localhost:1", key_id="key_new")
    with pytest.raises(BadIdentity, match="profile acme is ada in Acme at https://strongroom"):
        save_profile(new, PrivateKey.generate())
    file.unlink()
    file.mkdir()
    with pytest.raises(BadIdentity, match="revoke the new key laptop under Your security"):
        save_profile(new, PrivateKey.generate())

    assert before == key_file.read_bytes()


def test_whether_profiles_can_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """D-5: the check before a key is approved leaves nothing behind."""
    Profile.require_writable()

    assert not home.exists()
    assert [] == list(home.parent.iterdir())
    file = home.parent / "file"
    file.touch()
    monkeypatch.setenv("STRONGROOM_HOME", str(file / "home"))
    with pytest.raises(BadIdentity, match=r"can't write .*: set STRONGROOM_HOME"):
        Profile.require_writable()


def test_which_profile_is_used(system: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    """D-5: the argument, then the variable, then the selected one, then the only one."""
    del system
    with pytest.raises(NoIdentity, match="not signed in: run `strongroom login`"):
        Profile.find()
    save_profile(PROFILE, PrivateKey.generate())

    assert "acme" == Profile.find().name
    assert Profile.find().is_selected
    save_profile(replace(PROFILE, name="home", key_id="key_home"), PrivateKey.generate())
    with pytest.raises(NoIdentity, match="several vaults: acme, home"):
        Admin()
    Profile.find("home").select()

    assert ["home"] == [each.name for each in Profile.list() if each.is_selected]
    assert "home" == Profile.find().name
    monkeypatch.setenv("STRONGROOM_PROFILE", "acme")

    assert "acme" == Profile.find().name
    assert "home" == Profile.find("home").name
    with pytest.raises(
        NoIdentity, match="no profile has the name none: the profiles are acme, home"
    ):
        Profile.find("none")
    monkeypatch.delenv("STRONGROOM_PROFILE")
    Profile.find("home").remove()

    assert "acme" == Profile.find().name


def test_names_of_new_profiles(system: Keyring) -> None:
    """D-5: a profile is named after its vault; signing in to the same vault again uses the same name."""
    del system
    server, vault = PROFILE.server, PROFILE.vault_id

    assert "acme-gmbh-co" == new_profile_name(server, vault, "ACME GmbH & Co!")
    assert "default" == new_profile_name(server, vault, "…")
    save_profile(PROFILE, PrivateKey.generate())

    assert "acme" == new_profile_name(server, vault, "Renamed")
    assert "acme-2" == new_profile_name(server, "vault_other", "acme")
    assert "acme" == new_profile_name(server, vault, "acme", "ada")
    assert "acme-2" == new_profile_name(server, vault, "acme", "eve")
    for name in ("../acme", "", "A", "a/b", ".a", "a" * 65):
        with pytest.raises(BadIdentity, match="isn't a valid profile name"):
            save_profile(replace(PROFILE, name=name), PrivateKey.generate())
    with pytest.raises(NoIdentity):
        Profile.find("../acme")


def test_a_profile_that_others_could_change(system: Keyring, home: Path) -> None:
    """D-5: a profile that others can write, or that is malformed, isn't used: it names the server."""
    del system
    save_profile(PROFILE, PrivateKey.generate())
    file = home / "people/acme/profile.json"
    good = json.loads(file.read_text())
    file.chmod(0o666)
    with pytest.raises(BadIdentity, match="can be changed by others"):
        Profile.find()
    file.chmod(0o600)
    for change in (
        {"server": "http://elsewhere.example"},
        {"keptIn": "somewhere"},
        {"keyId": 5},
        {"expiresAt": "soon"},
        {"vaultId": None},
    ):
        file.write_text(json.dumps(good | change))
        with pytest.raises(BadIdentity, match=r"malformed|invalid server URL"):
            Profile.find()
    for content in ("", "[]", "null", "{"):
        file.write_text(content)
        with pytest.raises(BadIdentity, match="malformed"):
            Profile.find()


def test_a_key_is_not_printed(system: Keyring) -> None:
    """D-5: neither a profile nor a client prints the key."""
    del system
    key = PrivateKey.generate()
    profile = save_profile(PROFILE, key)
    secret = key.to_pem().decode().splitlines()[1]
    with Admin(profile) as admin:
        for each in (profile, admin, admin.key, admin.key.key):
            assert secret not in repr(each)
            assert secret not in str(each)
