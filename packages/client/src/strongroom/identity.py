"""Who this machine is: `identity.json` and the private key it names (WIRE, section 4)."""

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from strongroom.errors import BadIdentity
from strongroom.private_files import is_there
from strongroom.private_key import PrivateKey
from strongroom.trusted_files import read_trusted

IDENTITY_FILE, KEY_FILE = "identity.json", "private.pem"
PENDING_SUFFIX = ".new"
"""A key of a rotation that is under way lies beside the present one under its name and this."""

_VAULT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAMES = ("machineId", "machineName", "vaultId", "apiUrl", "privateKeyPath")


class _ServerUrlMalformed(ValueError):
    """The text says what is wrong with the address."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A machine's identity. `path` is its `identity.json`, or None where it lives in memory only.

    `key_file` is where the private key was read from. Neither is the key printed.
    """

    machine_id: str
    machine_name: str
    vault_id: str
    api_url: str
    key: PrivateKey = field(repr=False)
    path: Path | None = None
    key_file: Path | None = None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Identity":
        """Read an identity from its `identity.json`, or from the folder that holds it.

        `privateKeyPath` in it is absolute, or counts from its folder. Raises `BadIdentity` for a file
        that is missing, unreadable or incomplete, for an address that is neither https nor
        http://localhost, for a file or folder that is somebody else's or that others may write, and
        for a key that others may read: the hint holds the command that mends it.
        """
        file = Path(path).expanduser()
        if os.path.isdir(file):  # noqa: PTH112 -- `Path.is_dir` raises where a folder is closed to us
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
        )

    @property
    def public_key(self) -> str:
        """The public key as the wire carries it: base64 of the raw 32 bytes."""
        return self.key.public_key

    @property
    def fingerprint(self) -> str:
        """The public key's fingerprint, as the server shows it to the person who approves."""
        return self.key.fingerprint


def load_key(file: Path) -> PrivateKey:
    """Read a private key. Raises `BadIdentity`, which names the file and never its content."""
    found = read_trusted(file)
    try:
        key = PrivateKey.from_pem(found.content)
    except ValueError as error:
        raise BadIdentity(f"{file}: {error}", "restore the file, or enroll again") from None
    # Only now: to advise about the mode of what is no key of ours would be wrong.
    found.require_closed()
    return key


def require_server_url(url: str) -> str:
    """Return the server's address without a trailing slash.

    Raises `BadIdentity` unless it is `https://host[:port]`, or `http://localhost[:port]` for a
    server on this machine: signatures protect requests, only TLS protects the answers.
    """
    try:
        return _server_url(url)
    except ValueError as error:
        said = str(error) if isinstance(error, _ServerUrlMalformed) else "it is no address"
    raise BadIdentity(
        f"the server's address cannot be used: {said}",
        "use https://…, or http://localhost:PORT for a server on this machine",
    )


def _server_url(url: str) -> str:
    parts = urlsplit(url)
    _ = parts.port  # raises ValueError for a port that is none
    if not parts.hostname or not url.isascii() or not url.isprintable() or " " in url:
        raise _ServerUrlMalformed("it names no host")
    if parts.username is not None or parts.password is not None:
        raise _ServerUrlMalformed("it holds a user name or password, which are not used")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _ServerUrlMalformed("it has a path, and the server is at the root of its host")
    if parts.scheme != "https" and (parts.scheme != "http" or parts.hostname != "localhost"):
        raise _ServerUrlMalformed("it is neither https nor on this machine")
    return f"{parts.scheme}://{parts.netloc}"


def require_vault_id(text: str) -> str:
    """Return the vault's id. Raises `BadIdentity` for one that could not be part of a path."""
    if not _VAULT_ID.fullmatch(text):
        raise BadIdentity("the vault's id is not one", "it looks like vault_abc123")
    return text


def _read(file: Path) -> dict[str, str]:
    read_file = read_trusted(file)
    read_file.require_unchanged_by_others()
    try:
        found: Any = json.loads(read_file.content)
    except ValueError:
        raise BadIdentity(f"{file} is not JSON", "restore it, or enroll again") from None
    if not isinstance(found, dict) or any(not isinstance(found.get(name), str) for name in _NAMES):  # pyright: ignore[reportUnknownMemberType]
        needed = ", ".join(_NAMES)
        raise BadIdentity(f"{file} is incomplete", f"it holds {needed}, each a text")
    read = {name: str(found[name]) for name in _NAMES}  # pyright: ignore[reportUnknownArgumentType]
    try:
        UUID(read["machineId"])
        read["apiUrl"] = require_server_url(read["apiUrl"])
        require_vault_id(read["vaultId"])
    except ValueError:
        raise BadIdentity(
            f"{file}: machineId is not a UUID", "restore it, or enroll again"
        ) from None
    except BadIdentity as error:
        raise BadIdentity(f"{file}: {error.what}", error.hint) from None
    return read


def _key_file(identity_file: Path, named: Path) -> Path:
    """Return the key's file. A folder that was moved or mounted elsewhere takes its key along.

    `~` is a name like any other: an identity does not know whose home it would be.
    """
    file = identity_file.parent / named
    beside = identity_file.parent / named.name
    return beside if not is_there(file) and is_there(beside) else file
