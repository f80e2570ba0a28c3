"""Writes identities and keys so that no crash leaves a machine without its key (WIRE, section 4).

An identity consists of two files, `vaults/{vaultId}/identity.json` and `private.pem`, which can't be replaced
together atomically. A new key is therefore first written under another name, and the identity always refers
to an existing key that belongs to it.

In a rotation, the new key is durable as `private.pem.new` before the server sees it, and replaces the old key
only after the server has accepted the new one. A client whose key is rejected tries the other one.
"""

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from strongroom._internal.identity import IDENTITY_FILE, VAULTS, Identity, load_key
from strongroom._internal.private_files import (
    create_private,
    flush_folder,
    is_there,
    make_private_folder,
    write_private,
)
from strongroom._internal.private_key import PrivateKey
from strongroom._internal.system import random_bytes
from strongroom.errors import BadIdentity, Conflict

KEY_FILE, PENDING_SUFFIX = "private.pem", ".new"


def require_no_identity(home: Path, url: str, vault: str | None = None) -> None:
    """Raise `Conflict` if `home` has an identity for this server, or for `vault` if that is given."""
    for file in sorted(home.glob(f"{VAULTS}/{vault or '*'}/{IDENTITY_FILE}")):
        with suppress(OSError, ValueError, AttributeError):
            if json.loads(file.read_bytes()).get("apiUrl") == url:
                raise _exists(file)


def write_new_key(home: Path, key: PrivateKey) -> Path:
    """Write a key to a file whose name contains no vault ID yet, and return the file.

    Raises `BadIdentity` if it can't be written.
    """
    file = home / VAULTS / f".{KEY_FILE}-{random_bytes(6).hex()}"
    try:
        make_private_folder(file.parent)
        write_private(file, key.to_pem())
    except OSError as error:
        raise BadIdentity(
            f"can't write {file.parent}: {error.strerror}",
            "make it writable, or choose another home",
        ) from None
    return file


def write_identity(home: Path, identity: Identity, prepared: Path, *, overwrite: bool) -> Identity:
    """Write an identity whose key is in `prepared`, and return it with its paths.

    Raises `Conflict` if the vault has an identity, unless `overwrite` is true.
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
    # Leftovers from the previous machine's interrupted rotation must not look like this machine's.
    _pending_file(key_file).unlink(missing_ok=True)
    return replace(identity, path=file.absolute(), key_file=key_file.absolute())


def reload_key(identity: Identity) -> Identity:
    """Return the identity with the key that is now on disk, because another process may have replaced it."""
    if identity.key_file is None:
        return identity
    return replace(identity, key=load_key(identity.key_file))


def prepare_key(identity: Identity) -> Identity:
    """Return the identity with its next key, which is durable before this returns.

    If a rotation was interrupted, or another process has just begun one, this continues with its key, so that
    all processes end up with the same key. Raises `BadIdentity` if it can't be written.
    """
    if identity.key_file is None:
        return replace(identity, key=PrivateKey.generate())
    file = _pending_file(identity.key_file)
    try:
        with suppress(FileExistsError):
            create_private(file, PrivateKey.generate().to_pem())
    except OSError as error:
        raise BadIdentity(
            f"can't write {file}: {error.strerror}", "make its folder writable"
        ) from None
    return replace(identity, key=load_key(file))


def promote_key(identity: Identity) -> None:
    """Replace the old key with the new one. Another process may already have done this."""
    if identity.key_file is not None:
        file = _pending_file(identity.key_file)
        if is_there(file) and load_key(file) == identity.key:
            file.replace(identity.key_file)
            flush_folder(identity.key_file.parent)


def abandon_key(identity: Identity) -> None:
    """Delete the new key, because the server knows it as another machine's."""
    if identity.key_file is not None:
        _pending_file(identity.key_file).unlink(missing_ok=True)


def other_keys(identity: Identity) -> list[Identity]:
    """Return the identity with each other key on disk, to try when the current one is rejected."""
    if identity.key_file is None:
        return []
    found: list[Identity] = []
    for file in (identity.key_file, _pending_file(identity.key_file)):
        with suppress(BadIdentity):
            key = load_key(file)
            if all(key != each.key for each in (identity, *found)):
                found.append(replace(identity, key=key))
    return found


def _pending_file(key_file: Path) -> Path:
    return key_file.with_name(key_file.name + PENDING_SUFFIX)


def _content(identity: Identity, key_file: Path) -> bytes:
    content = {
        "machineId": identity.machine_id,
        "machineName": identity.machine_name,
        "vaultId": identity.vault_id,
        "apiUrl": identity.api_url,
        "privateKeyPath": str(key_file.absolute()),
    }
    # The shell scripts search for this text in exactly this form, without spaces.
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _exists(file: Path) -> Conflict:
    return Conflict(f"an identity already exists: {file}", "pass replace to overwrite it")
