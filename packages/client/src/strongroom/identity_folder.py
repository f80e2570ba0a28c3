"""Writes an identity to disk: `vaults/{vaultId}/identity.json` and `private.pem` (WIRE, section 4).

Two files cannot change at once. So a new key gets a name of its own first, and at every moment the
identity names a key that is there and is its own, wherever this ends.
"""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from strongroom.errors import BadIdentity, Conflict
from strongroom.identity import IDENTITY_FILE, KEY_FILE, PENDING_SUFFIX, Identity
from strongroom.private_files import create_private, is_there, make_private_folder, write_private
from strongroom.private_key import PrivateKey
from strongroom.surroundings import random_bytes

VAULTS = "vaults"


def require_none(home: Path, url: str) -> None:
    """Raise `Conflict` if there is an identity at this server below `home`."""
    for file in sorted(home.glob(f"{VAULTS}/*/{IDENTITY_FILE}")):
        with suppress(OSError, ValueError, AttributeError):
            if json.loads(file.read_bytes()).get("apiUrl") == url:
                raise _exists(file)


def prepare(home: Path, key: PrivateKey) -> Path:
    """Write a key under a name of its own and return its file; the vault is not known yet.

    Raises `BadIdentity` where nothing can be written.
    """
    file = home / VAULTS / f".{KEY_FILE}-{random_bytes(6).hex()}"
    try:
        make_private_folder(file.parent)
        write_private(file, key.to_pem())
    except OSError as error:
        raise BadIdentity(
            f"{file.parent} cannot be written: {error.strerror}",
            "make it writable, or choose a home",
        ) from None
    return file


def write(home: Path, identity: Identity, prepared: Path, *, overwrite: bool) -> Identity:
    """Write an identity whose key is in `prepared`, and return it with its paths.

    Raises `Conflict` where the vault has one, unless `overwrite`.
    """
    folder = home / VAULTS / identity.vault_id
    file, key_file = folder / IDENTITY_FILE, folder / KEY_FILE
    make_private_folder(folder)
    if not overwrite:
        for each in (file, key_file):
            if is_there(each):
                raise _exists(each)
    pem = prepared.read_bytes()
    own = folder / f"{KEY_FILE}.{identity.machine_id}"
    with suppress(FileExistsError):
        create_private(own, pem)
    write_private(file, _content(identity, own))
    write_private(key_file, pem)
    write_private(file, _content(identity, key_file))
    own.unlink(missing_ok=True)
    # A rotation of the former machine that was cut off must not look like one of this.
    key_file.with_name(KEY_FILE + PENDING_SUFFIX).unlink(missing_ok=True)
    return replace(identity, path=file.absolute(), key_file=key_file.absolute())


def _content(identity: Identity, key_file: Path) -> bytes:
    content = {
        "machineId": identity.machine_id,
        "machineName": identity.machine_name,
        "vaultId": identity.vault_id,
        "apiUrl": identity.api_url,
        "privateKeyPath": str(key_file.absolute()),
    }
    # The scripts look for it as they write it, without spaces.
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _exists(file: Path) -> Conflict:
    return Conflict(f"there is an identity already: {file}", "ask to replace it to overwrite it")
