"""The data folder of one installation. All secrets in it are encrypted."""

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
        """The root key's check value, readable before the database is started."""
        return self.path / "root-check.json"

    @property
    def server_lock(self) -> Path:
        """The lock of the one server that uses this folder."""
        return self.path / "server.lock"

    @property
    def admin_socket(self) -> Path:
        """The Unix socket for administration commands."""
        return self.path / "admin.sock"

    @property
    def demo(self) -> Path:
        """The IDs and names of the demo vault."""
        return self.path / "demo.json"

    def make(self) -> None:
        """Create the folder with mode 0700. Raises `Invalid` if that fails."""
        try:
            # With parents=True, only the last folder would get the mode.
            for folder in (*reversed(self.path.parents), self.path):
                if not folder.exists():
                    folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Invalid(
                f"can't create data folder {self.path}: {error.strerror}; choose another with"
                " --data"
            ) from None
        self._require_access()

    def require_there(self) -> None:
        """Raise `Invalid` unless the folder exists and belongs to this user."""
        if not self.path.is_dir():
            raise Invalid(
                f"data folder {self.path} doesn't exist; pass it with --data, or create it with"
                " `strongroom-server init`"
            )
        self._require_access()

    def _require_access(self) -> None:
        if not os.access(self.path, os.R_OK | os.W_OK | os.X_OK):
            raise Invalid(
                f"data folder {self.path} belongs to another user; choose another with --data"
            )


def default_folder() -> Path:
    """Return the default data folder: in /var/lib for root, otherwise in the home folder.

    Raises `Invalid` for a user without a home.
    """
    if os.geteuid() == 0:
        return Path("/var/lib/strongroom")
    state = os.environ.get("XDG_STATE_HOME")
    try:
        return Path(state) / "strongroom" if state else Path.home() / ".local/state/strongroom"
    except RuntimeError:
        raise Invalid("this user has no home folder; pass the data folder with --data") from None


def cache_folder() -> Path | None:
    """Return the folder for prepared empty clusters, or None if the user has no home folder."""
    return _cached("clusters")


def dashboard_cache() -> Path | None:
    """Return the folder for the dashboard's built pages, or None if the user has no home folder."""
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
    """Hold this folder's server lock for the duration of the block.

    Raises `Conflict`, and `Invalid` for a folder that this user can't write.
    """
    try:
        lock = os.open(folder.server_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except PermissionError:
        raise Invalid(f"can't open {folder.server_lock}; run this as the server's user") from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"another server is using {folder.path}; stop it first, or choose another folder"
                " with --data"
            ) from None
        yield
    finally:
        os.close(lock)
