"""Writing secrets to a file: whole or not at all, readable by its owner only."""

from __future__ import annotations

import stat
from pathlib import Path

from strongroom_cli.exits import Failure

_OTHERS = stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH


def require_writable(path: Path, *, force: bool) -> None:
    """Raise `Failure` where secrets should not be written.

    That is over a folder or a device, and without `force` over a file which others may read or
    which git tracks.
    """
    try:
        found = path.lstat()
    except FileNotFoundError:
        found = None
    except OSError as error:
        raise _cannot(path, error) from None
    if found is not None and not stat.S_ISREG(found.st_mode):
        raise Failure(f"{path} is not an ordinary file", "name another file with -O")
    if force:
        return
    if found is not None and found.st_mode & _OTHERS:
        raise Failure(
            f"others may read or write {path}",
            f"run `chmod 600 {path}` first, or overwrite it with --force",
        )
    if _git(path, "ls-files", "--error-unmatch"):
        raise Failure(
            f"git tracks {path}, and would keep what is written there",
            "name another file with -O, or overwrite it with --force",
        )


def is_open_to_commits(path: Path) -> bool:
    """Whether the file lies in a git work tree that does not ignore it."""
    return _git(path, "ls-files", "--others", "--exclude-standard", "--error-unmatch")


def write_guarded(path: Path, content: bytes) -> None:
    """Replace the file by `content`, with mode 0600, in one step. Raises `Failure`."""
    from strongroom.private_files import write_private  # noqa: PLC0415 -- loaded already

    try:
        write_private(path, content)
    except OSError as error:
        raise _cannot(path, error) from None


def _cannot(path: Path, error: OSError) -> Failure:
    reason = (error.strerror or type(error).__name__).lower()
    return Failure(f"{path} cannot be written: {reason}", "name another file with -O")


def _git(path: Path, *question: str) -> bool:
    """Ask git about a file. No git, or no work tree, is a no."""
    import subprocess  # noqa: PLC0415 -- heavy, and only for files

    try:
        asked = subprocess.run(  # noqa: S603 -- a fixed question about a file
            ["git", *question, "--", path.name],  # noqa: S607 -- the user's own git
            cwd=path.absolute().parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return asked.returncode == 0
