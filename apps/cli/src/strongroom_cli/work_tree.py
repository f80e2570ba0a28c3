"""Determines whether git tracks or ignores a file, from git's own files.

This doesn't run git, because git would follow the folder's settings, which are untrusted and can specify
programs.
"""

from __future__ import annotations

import os
import stat
import struct
from fnmatch import fnmatchcase
from pathlib import Path

_MOST_BYTES = 256 * 1024 * 1024
_LENGTH, _EXTENDED = 0x0FFF, 0x4000
"""The flags before a name in the index (gitformat-index(5))."""


def find_work_tree(path: Path) -> Path | None:
    """Return the folder of the work tree that a file is in or will be in, or None if there is none."""
    folder = _real(path).parent
    return next(
        (each for each in (folder, *folder.parents) if os.path.lexists(each / ".git")), None
    )


def is_tracked(path: Path, tree: Path) -> bool:
    """Whether a file is in the index. Version 4 of the index, with shortened names, isn't supported."""
    name = os.fsencode(_real(path).relative_to(tree).as_posix())
    index, at = _read(_git_folder(tree) / "index"), 4
    while (at := index.find(name + b"\0", at + 1)) > 0:
        first, second = struct.unpack(">HH", index[at - 4 : at])
        # Extended flags are two bytes longer.
        for flags, extended in ((second, 0), (first, _EXTENDED)):
            if flags & (_EXTENDED | _LENGTH) == extended | min(len(name), _LENGTH):
                return True
    return False


def is_ignored(path: Path, tree: Path) -> bool:
    """Whether a `.gitignore` between the tree's root and the file matches it. The last match decides."""
    file = _real(path)
    ignored = False
    for folder in reversed([each for each in file.parents if each.is_relative_to(tree)]):
        inside = file.relative_to(folder)
        names = {
            part.as_posix()
            for each in (inside, *inside.parents)
            for part in (each, Path(each.name))
        }
        for line in _read(folder / ".gitignore").decode(errors="replace").splitlines():
            pattern = line.strip().removeprefix("!").strip("/")
            if (
                pattern
                and not line.startswith("#")
                and any(fnmatchcase(each, pattern) for each in names)
            ):
                ignored = not line.startswith("!")
    return ignored


def _real(path: Path) -> Path:
    """Return the real path, but don't follow the file itself if it is a link."""
    return Path(os.path.realpath(path.parent)) / path.name


def _git_folder(tree: Path) -> Path:
    """Return the index's folder. In a linked work tree, `.git` is a file that contains the folder's path."""
    found = tree / ".git"
    said = os.fsdecode(_read(found)).strip()
    return tree / said.removeprefix("gitdir: ") if said.startswith("gitdir: ") else found


def _read(file: Path) -> bytes:
    """Return a regular file's content, or nothing if it is missing or unreadable."""
    try:
        # Non-blocking, because the file could be a pipe.
        descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return b""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST_BYTES:
            return b""
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read()
    finally:
        os.close(descriptor)
