"""The data folder of one installation: what lies where. Nothing secret lies there in clear."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from strongroom_core.kernel.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Generator


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The paths inside one data folder."""

    path: Path

    @property
    def database(self) -> Path:
        """The embedded PostgreSQL's cluster."""
        return self.path / "postgres"

    @property
    def root_check(self) -> Path:
        """What recognises the root before the database is started."""
        return self.path / "root-check.json"

    @property
    def server_lock(self) -> Path:
        """Held by the one server that works on this folder."""
        return self.path / "server.lock"

    @property
    def admin_socket(self) -> Path:
        """Where the operator's commands reach the running server."""
        return self.path / "admin.sock"

    @property
    def demo(self) -> Path:
        """The ids and names of the demo vault."""
        return self.path / "demo.json"

    def make(self) -> None:
        """Make the folder, for this user alone. Raises `Invalid` where that is not possible."""
        try:
            # With parents=True only the last one would get the mode.
            for folder in (*reversed(self.path.parents), self.path):
                if not folder.exists():
                    folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Invalid(
                f"the data folder {self.path} cannot be made: {error.strerror}; name another with"
                " --data"
            ) from None
        self._require_access()

    def require_there(self) -> None:
        """Raise `Invalid` unless the folder exists and is this user's."""
        if not self.path.is_dir():
            raise Invalid(
                f"there is no data folder {self.path}: name it with --data, or make it with"
                " `strongroom-server init`"
            )
        self._require_access()

    def _require_access(self) -> None:
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise Invalid(
                f"the data folder {self.path} is not this user's: name another with --data"
            )


def default_folder() -> Path:
    """Return where the data lies when nobody says: below /var/lib for root, else in the home."""
    if os.geteuid() == 0:
        return Path("/var/lib/strongroom")
    state = os.environ.get("XDG_STATE_HOME")
    return Path(state) / "strongroom" if state else Path.home() / ".local/state/strongroom"


def cache_folder() -> Path | None:
    """Return where prepared empty clusters are cached; None where there is no home."""
    return _cached("clusters")


def dashboard_cache() -> Path | None:
    """Return where the built pages of the dashboard are cached; None where there is no home."""
    return _cached("dashboard")


def _cached(name: str) -> Path | None:
    cache = os.environ.get("XDG_CACHE_HOME")
    if cache:
        return Path(cache) / "strongroom" / name
    try:
        return Path.home() / ".cache/strongroom" / name
    except RuntimeError:
        return None


@contextmanager
def sole_server(folder: DataFolder) -> Generator[None]:
    """Be the only server on this folder for the length of the block.

    Raises `Conflict`, and `Invalid` for a folder in which this user may not write.
    """
    try:
        lock = os.open(folder.server_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise Invalid(
            f"{folder.server_lock} cannot be opened by this user: run this as the server's user"
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"another server works on {folder.path}: stop it first, or choose another folder"
                " with --data"
            ) from None
        yield
    finally:
        os.close(lock)
