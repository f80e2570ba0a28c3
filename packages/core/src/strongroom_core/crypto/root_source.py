"""Reads the root key at startup (E-2): from a file in memory, a systemd credential, or a stream.

This module only reads text. `Supplied.root` parses a root key; `passphrase.root_from_passphrase` parses a
passphrase. Every problem with a source raises `Invalid`, whose message names the source and the remedy but
never the content.
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
    """A source's content, and a warning for the administrator if the source is unsafe."""

    text: Plaintext
    warning: str | None = None

    def root(self) -> RootKey:
        """Parse the text as a root key. Raises `Invalid` like `parse_root`."""
        return parse_root(self.text.reveal().decode())


def read_file(path: Path, *, allow_disk: bool = False) -> Supplied:
    """Read a file that only this user can read and that is in memory (tmpfs or ramfs).

    With `allow_disk`, other file systems are accepted with a warning. Raises `Invalid` for a symbolic link, a
    special file, a file with another owner, and one with any permission for group or others.
    """
    descriptor = _open(path)
    try:
        facts = os.fstat(descriptor)
        _require_regular(path, facts)
        if facts.st_uid != os.geteuid():
            raise _unfit(path, "belongs to another user; change its owner with chown")
        if facts.st_mode & _OTHERS_MAY:
            raise _unfit(path, "is accessible to others; run chmod 0400 on it")
        warning = None
        if not _is_in_memory(facts.st_dev):
            if not allow_disk:
                raise _unfit(
                    path,
                    "isn't on tmpfs or ramfs; put it in /run, or use the option that allows a disk",
                )
            warning = f"root key file {path} is on disk, next to the data that it protects"
        return Supplied(_read(path, descriptor), warning)
    finally:
        os.close(descriptor)


def read_credential(directory: Path) -> Supplied:
    """Read `strongroom-root` from the folder in systemd's ``$CREDENTIALS_DIRECTORY``.

    systemd keeps that folder in memory. The file belongs to root or to this user. If systemd grants access
    with an ACL, the ACL's mask looks like a read permission for the group, so that permission is accepted.
    """
    path = directory / CREDENTIAL
    descriptor = _open(path)
    try:
        facts = os.fstat(descriptor)
        _require_regular(path, facts)
        if facts.st_uid not in {0, os.geteuid()}:
            raise _unfit(path, "belongs to neither root nor this user; let systemd provide it")
        if facts.st_mode & _OTHERS_MAY & ~_GROUP_MAY_READ:
            raise _unfit(path, "is accessible to others; let systemd provide it")
        return Supplied(_read(path, descriptor))
    finally:
        os.close(descriptor)


def read_stream(stream: BinaryIO) -> Supplied:
    """Read the root key or passphrase from a binary stream, such as standard input, to the end."""
    return Supplied(_text("standard input", stream.read(MOST_BYTES + 1)))


def _open(path: Path) -> int:
    # Links aren't followed, so that someone who can write to the folder can't choose the file. Opening is
    # non-blocking, so that a pipe without a writer can't block startup.
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(path, flags)
    except OSError as error:
        if path.is_symlink():
            raise _unfit(path, "is a symbolic link; pass the file itself") from None
        raise _unfit(path, f"can't be opened: {error.strerror}") from None


def _require_regular(path: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise _unfit(path, "is not a regular file")


def _is_in_memory(device: int) -> bool:
    """Whether the device number is a mounted tmpfs or ramfs (proc(5), mountinfo)."""
    wanted = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        # If this can't be determined, the answer is no; the administrator can still allow a disk.
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
        raise Invalid(f"root key source {source} has more than {MOST_BYTES} bytes", field="root")
    if not _is_text(content):
        raise Invalid(f"root key source {source} isn't text", field="root")
    if not content.strip():
        raise Invalid(f"root key source {source} is empty", field="root")
    return Plaintext(content.strip())


def _is_text(content: bytes) -> bool:
    # The decoder's error contains the content, so it must not even become the context of our error.
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _unfit(path: Path, reason: str) -> Invalid:
    return Invalid(f"root key file {path} {reason}", field="root")
