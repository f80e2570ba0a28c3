"""Which identity is meant: named, by the environment, or the only one of this machine.

A vault is chosen by its id, a file by its path, and no text is taken for both: what names a vault may
come from a file that somebody else wrote, and must not lead to another file.
"""

import os
import re
from pathlib import Path

from strongroom.errors import BadIdentity, NoIdentity
from strongroom.identity import IDENTITY_FILE, Identity
from strongroom.private_files import is_there

IDENTITY_VARIABLE, VAULT_VARIABLE = "STRONGROOM_IDENTITY", "STRONGROOM_VAULT"
HOME_VARIABLE = "STRONGROOM_HOME"
_VAULT_ID = re.compile(r"vault_[a-z0-9]+")
_LONGEST_TOLD = 64


def strongroom_home() -> Path:
    """Return `STRONGROOM_HOME`, or `~/.strongroom`. Raises `NoIdentity` where there is no home."""
    named = os.environ.get(HOME_VARIABLE)
    try:
        return Path(named).expanduser() if named else Path.home() / ".strongroom"
    except RuntimeError:
        raise NoIdentity("this process has no home folder", f"set {HOME_VARIABLE}") from None


def is_vault_id(text: str) -> bool:
    """Whether a text names a vault, and so is never a path."""
    return _VAULT_ID.fullmatch(text) is not None


def resolve_identity(identity: Identity | str | os.PathLike[str] | None = None) -> Identity:
    """Return the identity that is meant.

    `identity` is one, a vault's id, the path of an `identity.json` or of its folder, or None: then
    the file that `STRONGROOM_IDENTITY` names decides, then the vault that `STRONGROOM_VAULT` names,
    then the only vault below `STRONGROOM_HOME`. A text is a path if it contains a separator or ends
    in `.json`. Raises `NoIdentity`, which says what to do, and `BadIdentity` for one that cannot be
    used.
    """
    if isinstance(identity, Identity):
        return identity
    if identity is None:
        return _of_environment()
    if not isinstance(identity, str) or _is_path(identity):
        return Identity.load(identity)
    if not is_vault_id(identity):
        raise NoIdentity(
            f"{_told(identity)} is neither a vault's id nor a path",
            f"a vault's id looks like vault_abc123; a path has a {os.sep} or ends in .json",
        )
    return identity_of_vault(identity)


def identity_of_vault(vault: str) -> Identity:
    """Return the identity below `STRONGROOM_HOME` in the vault of this id, which is never a path.

    Raises `NoIdentity` for a text that is no vault's id and for a vault without an identity here, and
    `BadIdentity` for one that cannot be used or says that it is of another vault.
    """
    if not is_vault_id(vault):
        raise NoIdentity(f"{_told(vault)} is no vault's id", "one looks like vault_abc123")
    file = strongroom_home() / "vaults" / vault / IDENTITY_FILE
    if not is_there(file):
        raise NoIdentity(
            f"this machine has no identity in {vault}",
            f"enroll it there with `strongroom bootstrap`, or look below {file.parent.parent}",
        )
    return _load_of_vault(file)


def _of_environment() -> Identity:
    named = os.environ.get(IDENTITY_VARIABLE)
    if named:
        return Identity.load(named)
    vault = os.environ.get(VAULT_VARIABLE)
    return identity_of_vault(vault) if vault else _load_of_vault(_only_one())


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
            f"name one of them, or set {VAULT_VARIABLE} to its id",
        )
    return found[0]


def _load_of_vault(file: Path) -> Identity:
    identity = Identity.load(file)
    if identity.vault_id != file.parent.name:
        raise BadIdentity(
            f"{file} is of another vault than its folder's", "name it by its path if it is meant"
        )
    return identity


def _is_path(text: str) -> bool:
    separators = [each for each in (os.sep, os.altsep) if each]
    return text.endswith(".json") or any(each in text for each in separators)


def _told(text: str) -> str:
    """Return what was given as it can be shown; it may come from a file of somebody else's."""
    return ascii(text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…")
