"""A copy of what recognises the root, beside the embedded database.

The database can tell a wrong root only once it runs, and starting it writes. With this copy a wrong
root is refused before anything in the data folder changes. It holds nothing secret (E-2), and is no
authority: the database's own check value is compared again after the start.
"""

import base64
import binascii

import msgspec

from strongroom_core.crypto.root import RootKey, check_root
from strongroom_core.kernel.errors import IntegrityFailure
from strongroom_core.operate.root_facts import RootFacts
from strongroom_server.data_folder import DataFolder
from strongroom_server.write_file import write_whole


class _Stored(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    deployment: str
    root_version: int
    check_value: str
    kdf: str | None


def write(folder: DataFolder, facts: RootFacts) -> None:
    """Keep the facts in the folder."""
    value = base64.b64encode(facts.check_value).decode()
    stored = _Stored(facts.deployment, facts.version, value, facts.kdf)
    write_whole(folder.root_check, msgspec.json.encode(stored) + b"\n")


def read(folder: DataFolder) -> RootFacts | None:
    """Return the facts, or None in a folder without an installation.

    Raises `IntegrityFailure` for a file that is damaged.
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
    """Raise `WrongRoot` unless this is the root the facts describe."""
    check_root(root, facts.deployment, facts.version, facts.check_value)
