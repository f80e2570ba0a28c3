"""People's keys on this computer: one profile for each vault that a person signed in to.

A profile is a folder in `STRONGROOM_HOME`::

    people/{profile}/profile.json   who, where and until when; nothing secret
    people/{profile}/private.pem    the key, unless the system's keyring keeps it
    people/selected                 the profile that is used by default

The private key is in the system's keyring if there is one, and otherwise in the file, which only this user
can read. It is nowhere else.
"""

import json
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from strongroom._internal.identity import strongroom_home
from strongroom._internal.private_files import (
    is_there,
    make_private_folder,
    read_trusted,
    require_writable,
    write_private,
)
from strongroom._internal.private_key import PrivateKey
from strongroom._internal.route import require_server_url
from strongroom._internal.sanitize import optional_text, text
from strongroom.errors import BadIdentity, NoIdentity, StrongroomError

PROFILE_VARIABLE = "STRONGROOM_PROFILE"
PEOPLE, PROFILE_FILE, KEY_FILE, SELECTED = "people", "profile.json", "private.pem", "selected"
KEYRING_SERVICE = "strongroom"
IN_KEYRING, IN_FILE = "keyring", "file"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_GOOD_PRIORITY = 1
"""The least priority of keyrings that encrypt; `keyring` gives lower ones to plain files."""


@dataclass(frozen=True, slots=True)
class PersonKey:
    """A person's key for one vault. `id` is sent with each request; the key itself isn't printed."""

    id: str
    server: str
    vault_id: str
    key: PrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """How a person is signed in to one vault. `kept_in` is `keyring` or `file`. Nothing in it is secret."""

    name: str
    server: str
    vault_id: str
    vault_name: str | None
    username: str | None
    key_id: str
    key_name: str
    expires_at: datetime | None
    kept_in: str

    @classmethod
    def find(cls, name: str | None = None) -> "Profile":
        """Return a profile: by name, otherwise `STRONGROOM_PROFILE`, the selected one, or the only one.

        Raises `NoIdentity`, which lists the profiles, and `BadIdentity` for an unusable one.
        """
        name = name or os.environ.get(PROFILE_VARIABLE) or _selected()
        known = _names()
        if name is None:
            if len(known) == 1:
                return _read(known[0])
            if not known:
                raise NoIdentity("not signed in", "run `strongroom login`")
            raise NoIdentity(
                f"signed in to several vaults: {', '.join(known)}",
                f"pass a profile, set {PROFILE_VARIABLE}, or run `strongroom profiles use NAME`",
            )
        if name not in known:
            told = f"the profiles are {', '.join(known)}" if known else "run `strongroom login`"
            raise NoIdentity(f"no profile has the name {name[:64]}", told)
        return _read(name)

    @classmethod
    def list(cls) -> "Iterator[Profile]":
        """Return all profiles, by name. Raises `BadIdentity` when it comes to an unusable one."""
        return map(_read, _names())

    @classmethod
    def usable(cls) -> "Iterator[Profile]":
        """Return all profiles except unusable ones, by name."""
        for name in _names():
            with suppress(BadIdentity):
                yield _read(name)

    @staticmethod
    def require_writable() -> None:
        """Raise `BadIdentity` unless profiles can be written. Check this before a person approves a key."""
        folder = _people()
        there = next(each for each in (folder, *folder.parents) if is_there(each))
        try:
            require_writable(there)
        except OSError as error:
            raise _not_written(folder, error) from None

    def is_for(self, server: str, vault_id: str, username: str | None) -> bool:
        """Whether this is how this person is signed in to this vault of this server."""
        return (self.server, self.vault_id, self.username) == (server, vault_id, username)

    @property
    def label(self) -> str:
        """Who is signed in to what."""
        return f"{self.username} in {self.vault_name or self.vault_id} at {self.server}"

    @property
    def is_selected(self) -> bool:
        """Whether this profile is used if none is given."""
        return _selected() == self.name or _names() == [self.name]

    def load_key(self) -> PersonKey:
        """Return the key, from where it is kept. Raises `BadIdentity` if it is missing or unusable."""
        pem = self._from_keyring() if self.kept_in == IN_KEYRING else self._from_file()
        try:
            key = PrivateKey.from_pem(pem)
        except ValueError:
            key = None
        if key is None:
            raise BadIdentity(f"the key of profile {self.name} is unusable", "sign in again")
        return PersonKey(self.key_id, self.server, self.vault_id, key)

    def select(self) -> None:
        """Use this profile by default."""
        write_private(_people() / SELECTED, self.name.encode())

    def remove(self) -> None:
        """Remove the profile and its key from this computer. The server isn't notified."""
        if self.kept_in == IN_KEYRING:
            _forget_in_keyring(self.key_id)
        folder = _people() / self.name
        if _selected() == self.name:
            (_people() / SELECTED).unlink(missing_ok=True)
        # The key first: a profile without a key is only a nuisance.
        for each in (KEY_FILE, PROFILE_FILE):
            (folder / each).unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()

    def _from_file(self) -> bytes:
        found = read_trusted(_people() / self.name / KEY_FILE)
        found.require_closed()
        return found.content

    def _from_keyring(self) -> bytes:
        keyring = _keyring()
        pem = None
        if keyring is not None:
            with suppress(Exception):
                pem = keyring.get_password(KEYRING_SERVICE, self.key_id)
        if pem is None:
            raise BadIdentity(
                f"the keyring doesn't have the key of profile {self.name}, or is locked",
                "unlock it, or sign in again",
            )
        return pem.encode()


def new_profile_name(
    server: str, vault_id: str, vault_name: str | None, username: str | None = None
) -> str:
    """Return the name of the profile for this vault and person, or for anybody: an earlier or a new one."""
    known = list(Profile.usable())
    for each in known:
        if each.is_for(server, vault_id, username or each.username):
            return each.name
    base = _NOT_IN_NAMES.sub("-", (vault_name or "").lower()).strip("-")[:40] or "default"
    taken = set(_names())
    name, number = base, 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def save_profile(profile: Profile, key: PrivateKey, *, use_keyring: bool = True) -> Profile:
    """Write a profile and its key, and return it with `kept_in` set. An earlier one is replaced.

    Raises `BadIdentity` if the folder can't be written, or if the name belongs to another person, vault or
    server. The key is then revoked, because it would be lost here and still be valid.
    """
    require_profile_name(profile.name)
    require_server_url(profile.server)
    try:
        return _save(profile, key, use_keyring=use_keyring)
    except BadIdentity as error:
        told = (
            "the new key was revoked"
            if _revoke(PersonKey(profile.key_id, profile.server, profile.vault_id, key))
            else f"revoke the new key {profile.key_name} under Your security in the dashboard"
        )
        raise BadIdentity(error.what, f"{error.hint}; {told}") from None


def _save(profile: Profile, key: PrivateKey, *, use_keyring: bool) -> Profile:
    folder, pem = _people() / profile.name, key.to_pem()
    earlier = None
    with suppress(BadIdentity):  # An unusable one is replaced.
        earlier = _read(profile.name) if profile.name in _names() else None
    if earlier is not None and not earlier.is_for(
        profile.server, profile.vault_id, profile.username
    ):
        raise BadIdentity(
            f"profile {profile.name} is {earlier.label}, not {profile.label}",
            "sign in with another profile name",
        )
    kept_in = IN_KEYRING if use_keyring and _put_in_keyring(profile.key_id, pem) else IN_FILE
    kept = replace(profile, kept_in=kept_in)
    key_file = folder / KEY_FILE
    try:
        make_private_folder(folder)
        before = key_file.read_bytes() if is_there(key_file) else None
        if kept_in == IN_FILE:
            write_private(key_file, pem)
        try:
            content = json.dumps(_as_json(kept), indent=2).encode()
            write_private(folder / PROFILE_FILE, content)
        except OSError:
            # The earlier profile and its key still belong together.
            if before is None:
                key_file.unlink(missing_ok=True)
            else:
                write_private(key_file, before)
            raise
        if kept_in == IN_KEYRING:
            key_file.unlink(missing_ok=True)
    except OSError as error:
        if kept_in == IN_KEYRING:
            _forget_in_keyring(profile.key_id)
        raise _not_written(folder, error) from None
    if earlier is not None and earlier.kept_in == IN_KEYRING and earlier.key_id != profile.key_id:
        _forget_in_keyring(earlier.key_id)
    return kept


def _not_written(folder: Path, error: OSError) -> BadIdentity:
    reason = (error.strerror or type(error).__name__).lower()
    return BadIdentity(f"can't write {folder}: {reason}", "set STRONGROOM_HOME to another folder")


def _revoke(key: PersonKey) -> bool:
    """Revoke a key that can't be kept. Returns whether that worked."""
    from strongroom._internal.admin_client import Admin  # noqa: PLC0415 -- it imports this module

    with suppress(StrongroomError), Admin(key, attempts=2) as admin:
        admin.revoke_own_key()
        return True
    return False


def require_profile_name(name: str) -> None:
    """Raise `BadIdentity` for a name that isn't one, such as a path."""
    if not _NAME.fullmatch(name):
        raise BadIdentity(
            f"{name[:64]} isn't a valid profile name", "use lower-case letters, digits, -, _ and ."
        )


def _people() -> Path:
    return strongroom_home() / PEOPLE


def _names() -> list[str]:
    """Return the names of profiles, sorted. A folder without a profile is ignored."""
    with suppress(OSError):
        return sorted(
            each.name
            for each in _people().iterdir()
            if _NAME.fullmatch(each.name) and is_there(each / PROFILE_FILE)
        )
    return []


def _selected() -> str | None:
    """Return the selected profile's name, or None if there is none or it has gone."""
    file = _people() / SELECTED
    if not is_there(file):
        return None
    name = read_trusted(file).content.decode(errors="replace").strip()
    return name if name in _names() else None


def _read(name: str) -> Profile:
    require_profile_name(name)
    file = _people() / name / PROFILE_FILE
    read = read_trusted(file)
    # Otherwise another user of this computer could send this person's requests to another server.
    read.require_unchanged_by_others()
    try:
        return _parsed(name, json.loads(read.content))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        problem = BadIdentity(f"{file} is malformed", "sign in again")
    raise problem


def _parsed(name: str, found: Any) -> Profile:
    expires = optional_text(found["expiresAt"])
    kept_in = text(found["keptIn"])
    if kept_in not in (IN_KEYRING, IN_FILE):
        raise ValueError
    return Profile(
        name,
        require_server_url(text(found["server"])),
        text(found["vaultId"]),
        optional_text(found["vaultName"]),
        optional_text(found["username"]),
        text(found["keyId"]),
        text(found["keyName"]),
        None if expires is None else datetime.fromisoformat(expires),
        kept_in,
    )


def _as_json(profile: Profile) -> dict[str, object]:
    expires = profile.expires_at
    return {
        "server": profile.server,
        "vaultId": profile.vault_id,
        "vaultName": profile.vault_name,
        "username": profile.username,
        "keyId": profile.key_id,
        "keyName": profile.key_name,
        "expiresAt": None if expires is None else expires.isoformat(),
        "keptIn": profile.kept_in,
    }


# The system's keyring -------------------------------------------------------------------------------


def _keyring() -> Any | None:
    """Return the system's keyring, or None if there is none, or only one that doesn't encrypt."""
    try:
        import keyring  # noqa: PLC0415 -- slow to import, and optional
        from keyring.errors import KeyringError  # noqa: PLC0415 -- the same
    except ImportError:
        return None
    try:
        found = keyring.get_keyring()
        good = found.priority >= _GOOD_PRIORITY
    except (KeyringError, RuntimeError, OSError):
        return None
    return found if good else None


def _put_in_keyring(key_id: str, pem: bytes) -> bool:
    """Put a key into the keyring. Returns whether it can be read from there again."""
    keyring = _keyring()
    if keyring is None:
        return False
    # Each system's library fails in its own ways. The file is used then.
    with suppress(Exception):
        keyring.set_password(KEYRING_SERVICE, key_id, pem.decode())
        return bool(keyring.get_password(KEYRING_SERVICE, key_id) == pem.decode())
    return False


def _forget_in_keyring(key_id: str) -> None:
    keyring = _keyring()
    if keyring is not None:
        with suppress(Exception):
            keyring.delete_password(KEYRING_SERVICE, key_id)
