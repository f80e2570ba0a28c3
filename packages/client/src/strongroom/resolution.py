"""Which identity is meant: named, by `STRONGROOM_IDENTITY`, or the only one of this machine."""

import os
import re
from pathlib import Path

from strongroom.errors import NoIdentity
from strongroom.identity import IDENTITY_FILE, Identity
from strongroom.private_files import is_there

IDENTITY_VARIABLE, HOME_VARIABLE = "STRONGROOM_IDENTITY", "STRONGROOM_HOME"
_VAULT_ID = re.compile(r"vault_[a-z0-9]+")


def strongroom_home() -> Path:
    """Return `STRONGROOM_HOME`, or `~/.strongroom`. Raises `NoIdentity` where there is no home."""
    named = os.environ.get(HOME_VARIABLE)
    try:
        return Path(named).expanduser() if named else Path.home() / ".strongroom"
    except RuntimeError:
        raise NoIdentity("this process has no home folder", f"set {HOME_VARIABLE}") from None


def resolve_identity(identity: Identity | str | os.PathLike[str] | None = None) -> Identity:
    """Return the identity that is meant.

    `identity` is one, the path of an `identity.json` or of its folder, a vault's id, or None: then
    `STRONGROOM_IDENTITY` decides, or else the only vault below `STRONGROOM_HOME`. Raises
    `NoIdentity`, which says what to do, and `BadIdentity` for one that cannot be used.
    """
    if isinstance(identity, Identity):
        return identity
    if identity is None:
        named = os.environ.get(IDENTITY_VARIABLE)
        return Identity.load(named) if named else Identity.load(_only_one())
    if isinstance(identity, str) and _VAULT_ID.fullmatch(identity):
        file = strongroom_home() / "vaults" / identity / IDENTITY_FILE
        if not is_there(file):
            raise NoIdentity(
                f"this machine has no identity in {identity}",
                f"enroll it there, or look below {file.parent.parent}",
            )
        return Identity.load(file)
    return Identity.load(identity)


def _only_one() -> Path:
    home = strongroom_home()
    found = sorted(home.glob(f"vaults/*/{IDENTITY_FILE}"))
    if not found:
        raise NoIdentity(
            f"this machine has no identity below {home}",
            f"enroll it with `strongroom bootstrap`, or set {IDENTITY_VARIABLE} or {HOME_VARIABLE}",
        )
    if len(found) > 1:
        vaults = ", ".join(file.parent.name for file in found)
        raise NoIdentity(
            f"this machine has identities in several vaults: {vaults}",
            f"name one of them, or set {IDENTITY_VARIABLE} to its {IDENTITY_FILE}",
        )
    return found[0]
