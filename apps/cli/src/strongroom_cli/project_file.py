"""`strongroom.toml`: which vault and project a folder uses. Holds no secret and may be committed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from strongroom_cli.exits import Failure

NAME = "strongroom.toml"
_HEAD = """\
# Which project of Strongroom this folder uses; written by `strongroom connect`.
# There is no secret in here: commit it.
"""


@dataclass(frozen=True, slots=True)
class ProjectFile:
    """What the file says. `project` is an address; `project_id` stays right when names change."""

    path: Path
    vault: str | None
    project: str | None
    project_id: str | None


def find_project_file(folder: Path) -> ProjectFile | None:
    """Return the project file of the folder or of the nearest one above it.

    Raises `Failure` for one that cannot be read.
    """
    for each in (folder, *folder.parents):
        path = each / NAME
        if path.is_file():
            return _read(path)
    return None


def write_project_file(file: ProjectFile) -> None:
    """Write the file. Raises `Failure`."""
    import json  # noqa: PLC0415 -- only `connect` writes

    said = {"vault": file.vault, "project": file.project, "project_id": file.project_id}
    # JSON's strings are also TOML's, where no control character is in them, and names hold none.
    lines = [
        f"{key} = {json.dumps(text, ensure_ascii=False)}\n" for key, text in said.items() if text
    ]
    try:
        file.path.write_text(_HEAD + "".join(lines), encoding="utf-8")
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
    except (OSError, ValueError) as error:
        # A decoder's message may hold the line it failed at; where it is suffices.
        reason = (error.strerror or "").lower() if isinstance(error, OSError) else "it is no TOML"
        raise Failure(
            f"the project file {path} cannot be read: {reason}",
            "write it anew with `strongroom connect`",
        ) from None
    return ProjectFile(
        path,
        _text(content, "vault", path),
        _text(content, "project", path),
        _text(content, "project_id", path),
    )


def _text(content: dict[str, object], key: str, path: Path) -> str | None:
    found = content.get(key)
    if found is not None and not isinstance(found, str):
        raise Failure(
            f"the project file {path} holds something else than text as {key}",
            "write it anew with `strongroom connect`",
        )
    return found
