"""Which files are believed: regular ones that only this user or root can have written, as ssh does.

A file of somebody else's, or one that others may change, could name another server or another key.
Nothing is mended here: a file that is not ours to read may be any file of this user's.
"""

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from strongroom.errors import BadIdentity
from strongroom.private_files import OTHERS

MOST_BYTES = 64 * 1024
_WRITE = stat.S_IWGRP | stat.S_IWOTH
_ROOT = 0


@dataclass(frozen=True, slots=True)
class Trusted:
    """A file that was read, and how open it is."""

    path: Path
    content: bytes = field(repr=False)
    mode: int
    ours: bool

    def require_unchanged_by_others(self) -> None:
        """Raise `BadIdentity` for a file that others may write."""
        if self.mode & _WRITE:
            raise BadIdentity(
                f"{self.path} can be changed by others (mode {self.mode:04o})",
                f"if it is as it was: {_command('chmod go-w', self.path)}",
            )

    def require_closed(self) -> None:
        """Raise `BadIdentity` for a key that others may read or write.

        Our group may read what is root's: that is how container platforms mount secrets.
        """
        if not self.mode & OTHERS or (not self.ours and not self.mode & 0o027):
            return
        mend = (
            f"{_command('chmod 600', self.path)}, and rotate the key if others use this machine"
            if self.ours
            else "chmod 600, or mount it with mode 0400"
        )
        raise BadIdentity(
            f"{self.path} can be read or changed by others (mode {self.mode:04o})", mend
        )


def read_trusted(file: Path) -> Trusted:
    """Read a file of at most 64 KiB that is this user's or root's, in a folder that is as well.

    Raises `BadIdentity` for one that is missing or unreadable, that is no regular file or somebody
    else's, and for a folder in which others could put another one in its place.
    """
    try:
        # Without waiting: what is a pipe is refused, and must not hold us up before.
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise BadIdentity(f"{file} is no regular file", "name another")
            _require_owner(file, found)
            _require_folder(file.parent)
            with os.fdopen(descriptor, "rb", closefd=False) as opened:
                content = opened.read(MOST_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(file, error) from None
    if len(content) > MOST_BYTES:
        raise BadIdentity(f"{file} is larger than any such file", "name another")
    if os.name != "posix":
        return Trusted(file, content, 0, ours=True)
    return Trusted(file, content, stat.S_IMODE(found.st_mode), found.st_uid == os.geteuid())


def _require_owner(path: Path, found: os.stat_result) -> None:
    if os.name == "posix" and found.st_uid not in (os.geteuid(), _ROOT):
        raise BadIdentity(
            f"{path} belongs to somebody else (uid {found.st_uid})",
            "it must be this user's or root's: chown it, or enroll again",
        )


def _require_folder(folder: Path) -> None:
    """In a sticky folder, as secrets are mounted in, nobody replaces what is not theirs."""
    found = folder.stat()
    _require_owner(folder, found)
    if os.name == "posix" and found.st_mode & _WRITE and not found.st_mode & stat.S_ISVTX:
        raise BadIdentity(
            f"{folder} can be changed by others (mode {stat.S_IMODE(found.st_mode):04o})",
            f"if all in it is as it was: {_command('chmod go-w', folder)}",
        )


def _command(command: str, path: Path) -> str:
    from shlex import quote  # noqa: PLC0415 -- seldom needed

    return f"{command} {quote(str(path))}"


def _unreadable(file: Path, error: OSError) -> BadIdentity:
    reason = "it is not there" if isinstance(error, FileNotFoundError) else error.strerror
    return BadIdentity(f"{file} cannot be read: {reason}", "restore it, or enroll again")
