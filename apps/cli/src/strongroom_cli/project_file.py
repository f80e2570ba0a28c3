"""`strongroom.toml`: which vault and project a folder uses. Holds no secret and may be committed.

Whoever wrote the folder wrote this file, and that may be a stranger: it chooses among the vaults and
projects that this machine has anyway, and can say nothing else. In particular it names no file, no
server and no identity.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from strongroom_cli.exits import Failure

NAME = "strongroom.toml"
_KEYS = ("vault", "project")
_REMEDY = "write it anew with `strongroom connect`"
_HEAD = """\
# Which project of Strongroom this folder uses; written by `strongroom connect`.
# There is no secret in here: commit it.
"""


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What the file says. `project` is an address, or an id, which stays right when names change."""

    path: Path
    vault: str | None
    project: str | None


def find_project_file(folder: Path) -> ProjectFile | None:
    """Return the project file of the folder or of the nearest one above it.

    Raises `Failure` for one that cannot be read, or that holds anything else than it may.
    """
    for each in (folder, *folder.parents):
        path = each / NAME
        if path.is_file():
            return _read(path)
    return None


def write_project_file(file: ProjectFile, *, address: str) -> None:
    """Write the file, with the project's address as a comment. Raises `Failure`."""
    import json  # noqa: PLC0415 -- only `connect` writes

    from strongroom_cli.shown import shown  # noqa: PLC0415 -- the same

    # JSON's strings are also TOML's, where no control character is in them, and ids hold none. The
    # address is the server's text: a line break in it would begin a member.
    text = (
        f"{_HEAD}vault = {json.dumps(file.vault)}\n"
        f"project = {json.dumps(file.project)}  # {shown(address)}\n"
    )
    try:
        file.path.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise Failure(
            f"{file.path} cannot be written: {reason}",
            "go to a folder of yours, or say --project each time",
        ) from None


def _read(path: Path) -> ProjectFile:
    import tomllib  # noqa: PLC0415 -- only where there is a file

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        # A decoder's message may hold the line it failed at; where it is suffices.
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it is no TOML"
        raise Failure(f"the project file {path} cannot be read: {reason}", _REMEDY) from None
    for key in content:
        if key not in _KEYS:
            raise Failure(
                f"the project file {path} holds {key}, and may hold vault and project only", _REMEDY
            )
    return ProjectFile(path, _text(content, "vault", path), _text(content, "project", path))


def _text(content: dict[str, object], key: str, path: Path) -> str | None:
    found = content.get(key)
    if found is not None and (not isinstance(found, str) or not found):
        raise Failure(f"the project file {path} holds something else than text as {key}", _REMEDY)
    return found
