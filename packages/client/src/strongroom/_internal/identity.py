"""This machine's identity: `identity.json` and the private key that it refers to (WIRE, section 4).

A vault is chosen by ID and a file by path, and no string can be both: a vault ID can come from an untrusted
file, and must not lead to another file.
"""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from strongroom._internal.private_files import is_there, read_trusted
from strongroom._internal.private_key import PrivateKey
from strongroom._internal.route import require_server_url
from strongroom.errors import BadIdentity, NoIdentity

VAULTS, IDENTITY_FILE = "vaults", "identity.json"
IDENTITY_VARIABLE, VAULT_VARIABLE = "STRONGROOM_IDENTITY", "STRONGROOM_VAULT"
HOME_VARIABLE = "STRONGROOM_HOME"

_VAULT_ID = re.compile(r"vault_[a-z0-9]+")
_PATH_PART = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_TOLD = 64
RFC9421 = "rfc9421"
_NAMES = ("machineId", "machineName", "vaultId", "apiUrl", "privateKeyPath")


@dataclass(frozen=True, slots=True)
class Identity:
    """A machine's identity. `path` is its `identity.json`, or None if it is in memory only.

    `profile` is `rfc9421` if requests are signed in that form, and None for the four headers. `key_file`
    is where the private key was read from. The key isn't printed.
    """

    machine_id: str
    machine_name: str
    vault_id: str
    api_url: str
    key: PrivateKey = field(repr=False)
    path: Path | None = None
    key_file: Path | None = None
    profile: str | None = None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Identity":
        """Read an identity from its `identity.json`, or from that file's folder.

        `privateKeyPath` is absolute, or relative to the folder. Raises `BadIdentity` for a file that is
        missing, unreadable or incomplete; for a URL that is neither https nor http://localhost; for a file
        or folder that belongs to another user or that others can write; and for a key that others can
        read. The hint contains the command that fixes it.
        """
        try:
            file = Path(path).expanduser()
        except RuntimeError:
            raise NoIdentity(
                f"can't resolve {path}: this process has no home folder", "use an absolute path"
            ) from None
        if os.path.isdir(file):  # noqa: PTH112 -- `Path.is_dir` raises in an unreadable folder
            file /= IDENTITY_FILE
        found = _read(file)
        key_file = _key_file(file, Path(found["privateKeyPath"]))
        return cls(
            machine_id=found["machineId"],
            machine_name=found["machineName"],
            vault_id=found["vaultId"],
            api_url=found["apiUrl"],
            key=load_key(key_file),
            path=file.absolute(),
            key_file=key_file,
            profile=found.get("profile"),
        )

    @classmethod
    def find(cls, vault: str | None = None) -> "Identity":
        """Return this machine's identity for a vault ID, which is never treated as a path.

        Without an ID, this is the identity at the path in `STRONGROOM_IDENTITY`, otherwise the one for the
        vault in `STRONGROOM_VAULT`, otherwise the only one in `strongroom_home()`. Raises `NoIdentity`, which
        says what to do, and `BadIdentity` for one that can't be used or that belongs to a different vault
        than its folder.
        """
        if vault is None:
            named = os.environ.get(IDENTITY_VARIABLE)
            if named:
                return cls.load(named)
            vault = os.environ.get(VAULT_VARIABLE) or None
        file = _only_one() if vault is None else _file_of_vault(vault)
        identity = cls.load(file)
        if identity.vault_id != file.parent.name:
            raise BadIdentity(
                f"{file} belongs to a different vault than its folder",
                "use its path if that is the one you want",
            )
        return identity

    @property
    def public_key(self) -> str:
        """The public key as sent: base64 of the raw 32 bytes."""
        return self.key.public_key

    @property
    def fingerprint(self) -> str:
        """The public key's fingerprint, as shown to the person who approves the machine."""
        return self.key.fingerprint


def strongroom_home() -> Path:
    """Return `STRONGROOM_HOME`, or `~/.strongroom`. Raises `NoIdentity` if there is no home folder."""
    named = os.environ.get(HOME_VARIABLE)
    try:
        return Path(named).expanduser() if named else Path.home() / ".strongroom"
    except RuntimeError:
        raise NoIdentity("this process has no home folder", f"set {HOME_VARIABLE}") from None


def resolve_identity(identity: Identity | str | os.PathLike[str] | None = None) -> Identity:
    """Return the selected identity.

    `identity` is an `Identity`, a vault ID, the path of an `identity.json` or its folder, or None for
    `Identity.find`. A string is a path if it contains a separator or ends in `.json`. Raises
    `NoIdentity` and `BadIdentity`.
    """
    if isinstance(identity, Identity):
        return identity
    if identity is None:
        return Identity.find()
    if not isinstance(identity, str) or _is_path(identity):
        return Identity.load(identity)
    if not _VAULT_ID.fullmatch(identity):
        raise NoIdentity(
            f"{_told(identity)} is neither a vault ID nor a path",
            f"a vault ID looks like vault_abc123; a path has a {os.sep} or ends in .json",
        )
    return Identity.find(identity)


def _file_of_vault(vault: str) -> Path:
    if not _VAULT_ID.fullmatch(vault):
        raise NoIdentity(f"{_told(vault)} is not a vault ID", "one looks like vault_abc123")
    file = strongroom_home() / VAULTS / vault / IDENTITY_FILE
    if not is_there(file):
        raise NoIdentity(
            f"this machine has no identity for {vault}",
            f"register it with `strongroom bootstrap`, or look in {file.parent.parent}",
        )
    return file


def _only_one() -> Path:
    home = strongroom_home()
    found = sorted(home.glob(f"{VAULTS}/*/{IDENTITY_FILE}"))
    if not found:
        raise NoIdentity(
            f"no identity in {home}",
            f"register with `strongroom bootstrap`, or set {IDENTITY_VARIABLE} or {HOME_VARIABLE}",
        )
    if len(found) > 1:
        vaults = ", ".join(file.parent.name for file in found)
        raise NoIdentity(
            f"this machine has identities in several vaults: {vaults}",
            f"choose one, or set {VAULT_VARIABLE} to its ID",
        )
    return found[0]


def _is_path(text: str) -> bool:
    separators = [each for each in (os.sep, os.altsep) if each]
    return text.endswith(".json") or any(each in text for each in separators)


def _told(text: str) -> str:
    """Return a string in a form that is safe to show; it can come from an untrusted file."""
    return ascii(text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…")


def load_key(file: Path) -> PrivateKey:
    """Read a private key. Raises `BadIdentity`, which names the file and never its content."""
    found = read_trusted(file)
    try:
        key = PrivateKey.from_pem(found.content)
    except ValueError as error:
        raise BadIdentity(f"{file}: {error}", "restore the file, or register again") from None
    # This is checked only now, because advice about the mode of a file that isn't our key would be wrong.
    found.require_closed()
    return key


def require_vault_id(text: str) -> str:
    """Return the vault ID. Raises `BadIdentity` for an ID that could escape its folder (path traversal)."""
    if not _PATH_PART.fullmatch(text):
        raise BadIdentity("not a valid vault ID", "it looks like vault_abc123")
    return text


def _read(file: Path) -> dict[str, str]:
    read_file = read_trusted(file)
    read_file.require_unchanged_by_others()
    try:
        found: Any = json.loads(read_file.content)
    except ValueError:
        raise BadIdentity(f"{file} is not JSON", "restore it, or register again") from None
    if not isinstance(found, dict) or any(not isinstance(found.get(name), str) for name in _NAMES):  # pyright: ignore[reportUnknownMemberType]
        needed = ", ".join(_NAMES)
        raise BadIdentity(f"{file} is incomplete", f"it needs {needed}, each a string")
    read = {name: str(found[name]) for name in _NAMES}  # pyright: ignore[reportUnknownArgumentType]
    if "profile" in found:
        if found["profile"] != RFC9421:
            raise BadIdentity(
                f"{file} has an unknown profile", f"remove it, or set it to {RFC9421}"
            )
        read["profile"] = RFC9421
    try:
        UUID(read["machineId"])
        read["apiUrl"] = require_server_url(read["apiUrl"])
        require_vault_id(read["vaultId"])
    except ValueError:
        raise BadIdentity(
            f"{file}: machineId is not a UUID", "restore it, or register again"
        ) from None
    except BadIdentity as error:
        raise BadIdentity(f"{file}: {error.what}", error.hint) from None
    return read


def _key_file(identity_file: Path, named: Path) -> Path:
    """Return the key's file. If the folder was moved or mounted elsewhere, the key moved with it.

    `~` isn't expanded: an identity doesn't specify whose home folder is meant.
    """
    file = identity_file.parent / named
    beside = identity_file.parent / named.name
    return beside if not is_there(file) and is_there(beside) else file
