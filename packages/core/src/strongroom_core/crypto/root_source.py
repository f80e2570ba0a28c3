"""Where the root comes from at start (E-2): a file in memory, a systemd credential, a stream.

Only text is read here; `Supplied.root` parses it, and `passphrase.root_from_passphrase` takes what
came in as a passphrase. Everything that is wrong with a source raises `Invalid`, which names the
source and the remedy and never what was read.
"""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from strongroom_core.crypto.root import RootKey, parse_root
from strongroom_core.kernel.errors import Invalid
from strongroom_core.kernel.plaintext import Plaintext

CREDENTIAL = "strongroom-root"
MOST_BYTES = 4096

_MEMORY_FILE_SYSTEMS = frozenset({"tmpfs", "ramfs"})
_OTHERS_MAY = stat.S_IRWXG | stat.S_IRWXO
_GROUP_MAY_READ = stat.S_IRGRP


@dataclass(frozen=True, slots=True)
class Supplied:
    """What a source held, and a warning for the operator if it is a poor source."""

    text: Plaintext
    warning: str | None = None

    def root(self) -> RootKey:
        """Parse the text as a root. Raises `Invalid` as `parse_root` does."""
        return parse_root(self.text.reveal().decode())


def read_file(path: Path, *, allow_disk: bool = False) -> Supplied:
    """Read a file that only this user can read and that lies in memory (tmpfs or ramfs).

    With `allow_disk` another file system is accepted with a warning. Raises `Invalid` for a link,
    for what is not a regular file, for another owner, and for any permission of group or others.
    """
    descriptor = _open(path)
    try:
        facts = os.fstat(descriptor)
        _require_regular(path, facts)
        if facts.st_uid != os.geteuid():
            raise _unfit(path, "belongs to another user: make it this user's")
        if facts.st_mode & _OTHERS_MAY:
            raise _unfit(path, "can be used by others: chmod 0400 it")
        warning = None
        if not _lies_in_memory(facts.st_dev):
            if not allow_disk:
                raise _unfit(
                    path,
                    "is not on tmpfs or ramfs: put it under /run, or allow a disk by the option",
                )
            warning = f"the root file {path} is on a disk, beside what it protects"
        return Supplied(_read(path, descriptor), warning)
    finally:
        os.close(descriptor)


def read_credential(directory: Path) -> Supplied:
    """Read `strongroom-root` from the folder systemd names in ``$CREDENTIALS_DIRECTORY``.

    systemd keeps that folder in memory. The file is root's or this user's, and where it gives
    access by an ACL the ACL's mask shows as permission of the group to read, so that much is
    accepted.
    """
    path = directory / CREDENTIAL
    descriptor = _open(path)
    try:
        facts = os.fstat(descriptor)
        _require_regular(path, facts)
        if facts.st_uid not in {0, os.geteuid()}:
            raise _unfit(path, "belongs to neither root nor this user: let systemd provide it")
        if facts.st_mode & _OTHERS_MAY & ~_GROUP_MAY_READ:
            raise _unfit(path, "can be used by others: let systemd provide it")
        return Supplied(_read(path, descriptor))
    finally:
        os.close(descriptor)


def read_stream(stream: BinaryIO) -> Supplied:
    """Read the root or the passphrase from a binary stream, to its end, such as standard input."""
    return Supplied(_text("standard input", stream.read(MOST_BYTES + 1)))


def _open(path: Path) -> int:
    # Not following links keeps whoever may write the folder from choosing the file; not blocking
    # keeps a pipe without a writer from halting the start.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(path, flags)
    except OSError as error:
        if path.is_symlink():
            raise _unfit(path, "is a link: name the file itself") from None
        raise _unfit(path, f"cannot be opened: {error.strerror}") from None


def _require_regular(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise _unfit(path, "is not a regular file")


def _lies_in_memory(device: int) -> bool:
    """Whether the device number is one of a mounted tmpfs or ramfs (proc(5), mountinfo)."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        # Not to know is not to accept: the operator may still allow a disk.
        return False
    for line in lines.splitlines():
        mount, _, filesystem = line.partition(" - ")
        if mount.split()[2] == wanted:
            return filesystem.split()[0] in _MEMORY_FILE_SYSTEMS
    return False


def _read(path: Path, descriptor: int) -> Plaintext:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        return _text(str(path), file.read(MOST_BYTES + 1))


def _text(source: str, content: bytes) -> Plaintext:
    if len(content) > MOST_BYTES:
        raise Invalid(f"the root source {source} holds more than {MOST_BYTES} bytes", field="root")
    if not _is_text(content):
        raise Invalid(f"the root source {source} is not text", field="root")
    if not content.strip():
        raise Invalid(f"the root source {source} is empty", field="root")
    return Plaintext(content.strip())


def _is_text(content: bytes) -> bool:
    # The decoder's error holds the content, so it must not even become the context of ours.
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unfit(path: Path, reason: str) -> Invalid:
    return Invalid(f"the root file {path} {reason}", field="root")
