"""The files of a machine's key while it is changed, so that no cut leaves a machine without its key.

The new key is durable under `private.pem.new` before the server hears of it, and takes the place of
the old one only after the server said yes. Whoever finds the old one refused tries the new one.
"""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from strongroom.errors import BadIdentity
from strongroom.identity import PENDING_SUFFIX, Identity, load_key
from strongroom.private_files import create_private, flush_folder, is_there
from strongroom.private_key import PrivateKey


def pending_file(key_file: Path) -> Path:
    """Return where the new key lies until the server said yes."""
    return key_file.with_name(key_file.name + PENDING_SUFFIX)


def reload(identity: Identity) -> Identity:
    """Return the identity with the key that is on disk by now: another process may have changed it."""
    if identity.key_file is None:
        return identity
    return replace(identity, key=load_key(identity.key_file))


def prepare(identity: Identity) -> Identity:
    """Return the identity with the key to come, which is durable before this returns.

    The key of a rotation that was cut off, or that another process has just begun, is taken up, so
    that all of them end with the same one. Raises `BadIdentity` where nothing can be written.
    """
    if identity.key_file is None:
        return replace(identity, key=PrivateKey.generate())
    file = pending_file(identity.key_file)
    try:
        with suppress(FileExistsError):
            create_private(file, PrivateKey.generate().to_pem())
    except OSError as error:
        raise BadIdentity(
            f"{file} cannot be written: {error.strerror}", "make its folder writable"
        ) from None
    return replace(identity, key=load_key(file))


def promote(identity: Identity) -> None:
    """Put the new key in the old one's place. Another process may have done it already."""
    if identity.key_file is not None:
        file = pending_file(identity.key_file)
        if is_there(file) and load_key(file) == identity.key:
            file.replace(identity.key_file)
            flush_folder(identity.key_file.parent)


def abandon(identity: Identity) -> None:
    """Delete the new key: the server took it for another machine's."""
    if identity.key_file is not None:
        pending_file(identity.key_file).unlink(missing_ok=True)


def candidates(identity: Identity) -> list[Identity]:
    """Return the identity with each other key on disk: what to try when its own is refused."""
    if identity.key_file is None:
        return []
    found: list[Identity] = []
    for file in (identity.key_file, pending_file(identity.key_file)):
        with suppress(BadIdentity):
            key = load_key(file)
            if all(key != each.key for each in (identity, *found)):
                found.append(replace(identity, key=key))
    return found
