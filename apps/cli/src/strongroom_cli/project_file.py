"""`strongroom.toml`: a folder's vault and project. It contains no secrets and can be committed.

The file comes with the folder, so it is untrusted: it can only choose among the vaults and projects that this
machine already has. It can't specify a file, a server or an identity. It is read only if the file and its
parent folders belong to the current user or root, as in ssh and git; otherwise another user of a shared
folder could choose which secrets a program gets.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from strongroom_cli.failures import Failure

NAME = "strongroom.toml"
_KEYS = ("vault", "project")
_REMEDY = "write a new one with `strongroom connect`"
_HEAD = """\
# The Strongroom project for this folder. Written by `strongroom connect`.
# Contains no secrets: commit it.
"""


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """The file's content. `project` is a path, or an ID, which stays valid when names change."""

    path: Path
    vault: str | None
    project: str | None


@dataclass(frozen=True, slots=True)
class Search:
    """The result of a search for the project file. `obstacle` says why it stopped early."""

    file: ProjectFile | None = None
    obstacle: str = ""


def find_project_file() -> Search:
    """Return the project file of the working folder or its nearest parent that has one.

    The search stops at anything that doesn't belong to the current user or root, and at anything
    unreadable: a file further up might be for another project. Raises `Failure` for a file with
    unexpected content.
    """
    try:
        folder = Path.cwd()
    except OSError as error:
        return Search(obstacle=f"can't read the working folder: {_reason(error)}")
    path = folder
    try:
        for each in (folder, *folder.parents):
            path = each
            owner = _owner_of_others(each.stat())
            if owner is None:
                path = each / NAME
                content, owner = _read(path)
                if content is not None:
                    return Search(_parse(path, content))
            if owner is not None:
                return Search(obstacle=f"{path} belongs to another user (uid {owner})")
    except OSError as error:
        return Search(obstacle=f"can't read {path}: {_reason(error)}")
    return Search()


def write_project_file(file: ProjectFile, *, address: str) -> None:
    """Write the file, with the project's path as a comment. Raises `Failure`."""
    import json  # noqa: PLC0415 -- only `connect` writes

    from strongroom_cli.escape import escape  # noqa: PLC0415 -- the same

    # JSON strings without control characters are valid TOML strings, and IDs have none. The path comes from
    # the server: a line break in it would start a new member.
    text = (
        f"{_HEAD}vault = {json.dumps(file.vault)}\n"
        f"project = {json.dumps(file.project)}  # {escape(address)}\n"
    )
    try:
        file.path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(
            f"can't write {file.path}: {_reason(error)}",
            "use a folder you own, or pass --project each time",
        ) from None


def _read(path: Path) -> tuple[bytes | None, int | None]:
    """Return the content of a regular file, or the file's owner if it belongs to another user."""
    try:
        # Non-blocking, because the file could be a pipe.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        return None, None
    try:
        found = os.fstat(descriptor)
        owner = _owner_of_others(found)
        if owner is not None or not stat.S_ISREG(found.st_mode):
            return None, owner
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(), None
    finally:
        os.close(descriptor)


def _owner_of_others(found: os.stat_result) -> int | None:
    """Return the owner, unless it is the current user or root."""
    ours = os.name != "posix" or found.st_uid in (os.geteuid(), 0)
    return None if ours else found.st_uid


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _parse(path: Path, read: bytes) -> ProjectFile:
    import tomllib  # noqa: PLC0415 -- only where there is a file

    try:
        # Some editors add a byte order mark.
        content = tomllib.loads(read.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        # A decoder's message can quote the line, so only the position is reported.
        reason = (
            "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else "it is not valid TOML"
        )
        raise Failure(f"can't read project file {path}: {reason}", _REMEDY) from None
    for key in content:
        if key not in _KEYS:
            raise Failure(
                f"unknown key {key} in project file {path} (only vault and project are allowed)",
                _REMEDY,
            )
    return ProjectFile(path, _text(content, "vault", path), _text(content, "project", path))


def _text(content: dict[str, object], key: str, path: Path) -> str | None:
    found = content.get(key)
    if found is not None and (not isinstance(found, str) or not found):
        raise Failure(f"{key} is not a string in project file {path}", _REMEDY)
    return found
