"""Files that only their owner reads: written whole or not at all, and durable before anyone is told.

Folders get 0700, files 0600, from the moment they exist.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

from strongroom.surroundings import random_bytes

FOLDER_MODE, FILE_MODE = 0o700, 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder for us; one that may not be looked at is not."""
    return os.path.exists(path)  # noqa: PTH110 -- `Path.exists` raises where a folder is closed to us


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it, each for its owner only. Existing ones stay as they are."""
    missing = [each for each in (folder, *folder.parents) if not is_there(each)]
    for each in reversed(missing):
        each.mkdir(mode=FOLDER_MODE, exist_ok=True)


def write_private(file: Path, content: bytes) -> None:
    """Put `content` in place of whatever `file` was. Raises `OSError`; the old content then stays."""
    part = _write_part(file, content)
    try:
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    flush_folder(file.parent)


def create_private(file: Path, content: bytes) -> None:
    """Make `file` with `content`. Raises `FileExistsError` if it is there; nobody sees half of it."""
    part = _write_part(file, content)
    try:
        # Unlike a rename, a link does not take the place of what is there.
        os.link(part, file)
    finally:
        part.unlink(missing_ok=True)
    flush_folder(file.parent)


def flush_folder(folder: Path) -> None:
    """Make what was renamed or made in a folder durable, where the system lets folders be opened."""
    with suppress(OSError, AttributeError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


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
