"""An embedded PostgreSQL's folders: the lock on its data, its socket, cleaning up after a crash."""

import fcntl
import os
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from strongroom_server.embedded.programs import PORT, EmbeddedPostgresError

SOCKET_PATH_BYTES = 107
"""The longest `sun_path`: 108 bytes with the closing NUL, unix(7)."""

PATIENCE_SECONDS = 10.0
LOG_BYTES = 5_000_000

_SOCKET_PREFIX = "strongroom-pg-"
_POLL_SECONDS = 0.01


class DataLock:
    """Exclusive use of one data folder, through a lock file next to it.

    flock(2) ends with the process, so the file never has to be removed. It also records the socket folder, so
    that the next holder can remove that folder if this one couldn't.
    """

    def __init__(self, data: Path) -> None:
        """Take the lock. Raises EmbeddedPostgresError if another process holds it."""
        data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = data.with_name(f"{data.name}.lock")
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = self._lines()[:1]
            os.close(self._file)
            process = f"process {holder[0]}" if holder else "another process"
            raise EmbeddedPostgresError(
                f"the database in {data} is in use by {process}; stop that first, choose another "
                "data folder, or set DATABASE_URL so that several processes share one database"
            ) from error
        _forget_socket_folder(self._lines()[1:2])

    def remember(self, socket_folder: Path) -> None:
        """Record the lock's holder and the location of its socket."""
        self._write(f"{os.getpid()}\n{socket_folder}\n")

    def release(self) -> None:
        """Release the lock."""
        self._write("")
        os.close(self._file)

    def _lines(self) -> list[str]:
        return os.pread(self._file, 4096, 0).decode(errors="replace").splitlines()

    def _write(self, text: str) -> None:
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)


@contextmanager
def locked(data: Path) -> Generator[None, None, None]:
    """Hold the lock of `data` for the duration of a block. Raises what DataLock raises."""
    lock = DataLock(data)
    try:
        yield
    finally:
        lock.release()


def make_socket_folder(places: Sequence[Path] = ()) -> Path:
    """Create a folder with mode 0700 for the socket, in the first place that allows it.

    Without `places`, tries the usual ones. Raises EmbeddedPostgresError if no place is writable and short
    enough for a socket path.
    """
    places = places or _socket_places()
    for place in places:
        if not place.is_dir() or not os.access(place, os.W_OK | os.X_OK):
            continue
        try:
            folder = Path(tempfile.mkdtemp(prefix=_SOCKET_PREFIX, dir=place))
        except OSError:
            continue
        if len(os.fsencode(socket_path(folder))) <= SOCKET_PATH_BYTES:
            return folder
        folder.rmdir()
    tried = ", ".join(str(place) for place in places)
    raise EmbeddedPostgresError(
        f"no writable folder has a path short enough for a socket ({SOCKET_PATH_BYTES} bytes), tried "
        f"{tried}: set XDG_RUNTIME_DIR or TMPDIR to a short path"
    )


def socket_path(folder: Path) -> Path:
    """Return the path of PostgreSQL's socket in `folder`."""
    return folder / f".s.PGSQL.{PORT}"


def clear_socket_folder(folder: Path) -> None:
    """Remove the socket and its lock file, which a killed PostgreSQL leaves."""
    socket = socket_path(folder)
    socket.unlink(missing_ok=True)
    socket.with_name(f"{socket.name}.lock").unlink(missing_ok=True)


def remove_socket_folder(folder: Path) -> None:
    """Remove the socket folder and PostgreSQL's files in it; ignore errors."""
    with suppress(OSError):
        clear_socket_folder(folder)
        folder.rmdir()


def clear_leftovers(data: Path, *, grace: float) -> None:
    """Wait until no PostgreSQL process uses `data`, then remove its pid file.

    Only the holder of the lock can call this. The pid file isn't enough: after a crash or reboot, the process
    ID in it may belong to an unrelated process. Instead, look for processes with `data` as their working
    folder, which every PostgreSQL process has. They are asked to shut down and get `grace` seconds, then ten
    more after SIGQUIT. Any that remain are killed, because two servers on one data folder would destroy it.
    Raises EmbeddedPostgresError if even that doesn't end them.
    """
    remaining = _processes_in(data)
    for last_word, patience in (
        (signal.SIGINT, grace),
        (signal.SIGQUIT, PATIENCE_SECONDS),
        (signal.SIGKILL, PATIENCE_SECONDS),
    ):
        for process in remaining:
            with suppress(ProcessLookupError):
                os.kill(process, last_word)
        deadline = time.monotonic() + patience
        while (remaining := _processes_in(data)) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
    if remaining:
        raise EmbeddedPostgresError(
            f"processes of an earlier PostgreSQL are still using {data}; stop them, then start again"
        )
    (data / "postmaster.pid").unlink(missing_ok=True)


def make_sibling(data: Path, purpose: str) -> Path:
    """Create a folder next to `data` to build in, and remove those left by killed processes.

    Only the holder of the lock can call this. Programs started by a killed process can take a moment to end,
    and can write until then, so the removal is retried for up to ten seconds.
    """
    prefix = f".{data.name}.{purpose}-"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := list(data.parent.glob(f"{prefix}*"))) and time.monotonic() < deadline:
        for folder in left:
            shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_POLL_SECONDS)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=data.parent))


def is_cluster(data: Path) -> bool:
    """Whether `data` contains a database cluster. False if the folder is missing or empty.

    Raises EmbeddedPostgresError if it contains something else.
    """
    if (data / "PG_VERSION").is_file():
        return True
    if data.exists() and any(data.iterdir()):
        raise EmbeddedPostgresError(
            f"{data} is neither empty nor a PostgreSQL data folder; choose another data folder"
        )
    return False


def check_cluster(data: Path, major: int) -> None:
    """Raise EmbeddedPostgresError unless the cluster has version `major` and belongs to this user."""
    found = (data / "PG_VERSION").read_text().strip()
    if found != str(major):
        raise EmbeddedPostgresError(
            f"{data} was created by PostgreSQL {found}, but this is {major}; restore a backup into a "
            "new data folder, or set DATABASE_URL"
        )
    owner = data.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedPostgresError(
            f"{data} belongs to user ID {owner}, but this process runs as {os.geteuid()}: "
            "start as that user, or change the owner of the whole folder"
        )


def open_log(path: Path) -> int:
    """Open the log for appending, with mode 0600; first truncate it if it is larger than 5 MB."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    if os.fstat(log).st_size > LOG_BYTES:
        os.ftruncate(log, 0)
    return log


def sync_folder(folder: Path) -> None:
    """Make the file names in `folder` durable, which is necessary after a rename."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _socket_places() -> list[Path]:
    named = os.environ.get("XDG_RUNTIME_DIR")
    return [
        *([Path(named)] if named and Path(named).is_absolute() else []),
        Path(f"/run/user/{os.geteuid()}"),
        Path("/run"),
        Path(tempfile.gettempdir()),
        # TMPDIR can have a long path; this one is always short.
        Path("/tmp"),  # noqa: S108 -- the folder created in it is new, 0700 and ours
    ]


def _forget_socket_folder(recorded: list[str]) -> None:
    """Remove the socket folder of a killed holder.

    The name comes from a file, so the folder is removed only if it belongs to this user and its name has our
    prefix. Only PostgreSQL's two files in it are removed.
    """
    for line in recorded:
        folder = Path(line)
        with suppress(OSError):
            status = folder.lstat()
            ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
            if ours and folder.name.startswith(_SOCKET_PREFIX):
                remove_socket_folder(folder)


def _processes_in(data: Path) -> list[int]:
    found: list[int] = []
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal():
            continue
        with suppress(OSError):
            named = (process / "comm").read_text().strip() == "postgres"
            if named and (process / "cwd").readlink() == data:
                found.append(int(process.name))
    return found
