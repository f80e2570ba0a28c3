"""A copy of the root key's check value, next to the embedded database.

The database can detect a wrong root key only once it is running, and starting it writes to disk.
With this copy, a wrong root key is rejected before anything in the data folder changes. The copy
isn't secret (E-2) and isn't authoritative: the key is checked again against the database's own
check value after startup.
"""

import base64
import binascii

import msgspec

from strongroom_core.crypto.root import RootKey, check_root, key_check_value
from strongroom_core.install.initialise import FIRST_VERSION
from strongroom_core.kernel.errors import IntegrityFailure
from strongroom_core.runtime.unseal import RootFacts
from strongroom_server.data_folder import DataFolder
from strongroom_server.files import write_whole


class _Stored(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    deployment: str
    root_version: int
    check_value: str
    kdf: str | None


def write(folder: DataFolder, facts: RootFacts) -> None:
    """Write the facts to the folder."""
    value = base64.b64encode(facts.check_value).decode()
    stored = _Stored(facts.deployment, facts.version, value, facts.kdf)
    write_whole(folder.root_check, msgspec.json.encode(stored) + b"\n")


def write_new(folder: DataFolder, root: RootKey, deployment: str, kdf: str | None = None) -> None:
    """Write the check value of a new installation's root key. `kdf` is None without a passphrase."""
    check = key_check_value(root, deployment, FIRST_VERSION)
    write(folder, RootFacts(deployment, FIRST_VERSION, check, kdf))


def read(folder: DataFolder) -> RootFacts | None:
    """Return the facts, or None in a folder without an installation.

    Raises `IntegrityFailure` for a damaged file.
    """
    try:
        content = folder.root_check.read_bytes()
    except FileNotFoundError:
        return None
    try:
        stored = msgspec.json.decode(content, type=_Stored)
        value = base64.b64decode(stored.check_value, validate=True)
    except (msgspec.DecodeError, binascii.Error):
        raise IntegrityFailure from None
    return RootFacts(stored.deployment, stored.root_version, value, stored.kdf)


def require_right(root: RootKey, facts: RootFacts) -> None:
    """Raise `WrongRoot` unless this is the root key the facts describe."""
    check_root(root, facts.deployment, facts.version, facts.check_value)
