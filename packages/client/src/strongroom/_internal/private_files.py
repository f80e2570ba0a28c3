"""One user's private files: other users can't read them, and we don't read files that others can write.

Writes are atomic and durable. Folders get mode 0700 and files 0600 from the moment they exist.

As in ssh, a file is read only if it is a regular file that nobody but this user or root can write. Otherwise,
others could make it point to another server or another key. Modes aren't fixed automatically, because an
unreadable path could be any of this user's files.
"""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from strongroom._internal.system import random_bytes
from strongroom.errors import BadIdentity

FOLDER_MODE, FILE_MODE = 0o700, 0o600
MOST_BYTES = 64 * 1024
_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_ROOT = 0


def is_there(path: Path) -> bool:
    """Whether a file or folder exists and is visible to us."""
    return os.path.exists(path)  # noqa: PTH110 -- `Path.exists` raises in an unreadable folder


def make_private_folder(folder: Path) -> None:
    """Create a folder and its parents with mode 0700. Existing ones stay unchanged."""
    missing = [each for each in (folder, *folder.parents) if not is_there(each)]
    for each in reversed(missing):
        each.mkdir(mode=FOLDER_MODE, exist_ok=True)


def write_private(file: Path, content: bytes) -> None:
    """Atomically replace `file` with `content`. If this raises `OSError`, the old content is unchanged."""
    part = _write_part(file, content)
    try:
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    flush_folder(file.parent)


def create_private(file: Path, content: bytes) -> None:
    """Create `file` with `content`. Raises `FileExistsError` if it exists. The file is never half written."""
    part = _write_part(file, content)
    try:
        # Unlike a rename, a link doesn't replace an existing file.
        os.link(part, file)
    finally:
        part.unlink(missing_ok=True)
    flush_folder(file.parent)


def require_writable(folder: Path) -> None:
    """Raise `OSError` if no file can be written in a folder. It stays as it was."""
    _write_part(folder / "writable", b"?").unlink()


def flush_folder(folder: Path) -> None:
    """Make renames and new files in a folder durable, on systems that can open folders."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Trusted:
    """The content of a file, and its mode."""

    path: Path
    content: bytes = field(repr=False)
    mode: int
    ours: bool

    def require_unchanged_by_others(self) -> None:
        """Raise `BadIdentity` for a file that others can write."""
        if self.mode & _WRITE:
            raise BadIdentity(
                f"{self.path} can be changed by others (mode {self.mode:04o})",
                f"if its content is right: {_command('chmod go-w', self.path)}",
            )

    def require_closed(self) -> None:
        """Raise `BadIdentity` for a key that others can read or write.

        Group-readable files owned by root are accepted, because container platforms mount secrets that way.
        """
        if not self.mode & _OTHERS or (not self.ours and not self.mode & 0o027):
            return
        remedy = (
            f"{_command('chmod 600', self.path)}, and rotate the key if others use this machine"
            if self.ours
            else "chmod 600, or mount it with mode 0400"
        )
        raise BadIdentity(
            f"{self.path} can be read or changed by others (mode {self.mode:04o})", remedy
        )


def read_trusted(file: Path) -> Trusted:
    """Read a file of at most 64 KiB. The file and its folder must belong to this user or root.

    Raises `BadIdentity` if it is missing, unreadable, not a regular file or another user's, or if others
    could replace it in its folder.
    """
    try:
        # Non-blocking: a pipe is rejected below, and must not block before that.
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise BadIdentity(f"{file} is not a regular file", "choose another")
            _require_owner(file, found)
            _require_folder(file.parent)
            with os.fdopen(descriptor, "rb", closefd=False) as opened:
                content = opened.read(MOST_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise _unreadable(file, error) from None
    if len(content) > MOST_BYTES:
        raise BadIdentity(f"{file} is too large", "choose another")
    if os.name != "posix":
        return Trusted(file, content, 0, ours=True)
    return Trusted(file, content, stat.S_IMODE(found.st_mode), found.st_uid == os.geteuid())


def _write_part(file: Path, content: bytes) -> Path:
    part = file.with_name(f".{file.name}-{random_bytes(6).hex()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _require_owner(path: Path, found: os.stat_result) -> None:
    if os.name == "posix" and found.st_uid not in (os.geteuid(), _ROOT):
        raise BadIdentity(
            f"{path} belongs to another user (uid {found.st_uid})",
            "it must belong to this user or root: chown it, or register again",
        )


def _require_folder(folder: Path) -> None:
    """Check a folder. In a sticky folder, as used for mounted secrets, users can't replace others' files."""
    found = folder.stat()
    _require_owner(folder, found)
    if os.name == "posix" and found.st_mode & _WRITE and not found.st_mode & stat.S_ISVTX:
        raise BadIdentity(
            f"{folder} can be changed by others (mode {stat.S_IMODE(found.st_mode):04o})",
            f"if its content is right: {_command('chmod go-w', folder)}",
        )


def _command(command: str, path: Path) -> str:
    from shlex import quote  # noqa: PLC0415 -- rarely needed

    return f"{command} {quote(str(path))}"


def _unreadable(file: Path, error: OSError) -> BadIdentity:
    reason = "it doesn't exist" if isinstance(error, FileNotFoundError) else error.strerror
    return BadIdentity(f"can't read {file}: {reason}", "restore it, or register again")
