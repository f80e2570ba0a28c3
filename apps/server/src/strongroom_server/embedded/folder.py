"""The folders of an embedded PostgreSQL: the lock on its data, its socket, what was left behind."""

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

from strongroom_server.embedded.programs import EmbeddedPostgresError

PORT = 5432
"""Names the socket file; nothing listens on the network."""

SOCKET_PATH_BYTES = 107
"""What fits into `sun_path` (108 bytes with its closing NUL), unix(7)."""

PATIENCE_SECONDS = 10.0
LOG_BYTES = 5_000_000

_SOCKET_PREFIX = "strongroom-pg-"
_POLL_SECONDS = 0.01


class DataLock:
    """The exclusive right to one data folder, held through a lock file beside it.

    flock(2) ends with the process however it dies, so the file never has to be removed. It also
    remembers the socket folder, which the next holder clears when this one could not.
    """

    def __init__(self, data: Path) -> None:
        """Take the lock; raises EmbeddedPostgresError when another process holds it."""
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
                f"the database in {data} is in use by {process}: stop that first, choose another "
                "data folder, or set DATABASE_URL so that several processes share one database"
            ) from error
        _forget_socket_folder(self._lines()[1:2])

    def remember(self, socket_folder: Path) -> None:
        """Write down who holds the lock and where its socket is."""
        self._write(f"{os.getpid()}\n{socket_folder}\n")

    def release(self) -> None:
        """Give the lock back."""
        self._write("")
        os.close(self._file)

    def _lines(self) -> list[str]:
        return os.pread(self._file, 4096, 0).decode(errors="replace").splitlines()

    def _write(self, text: str) -> None:
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, text.encode(), 0)


@contextmanager
def locked(data: Path) -> Generator[None, None, None]:
    """Hold the lock of `data` for the length of a block; raises as DataLock does."""
    lock = DataLock(data)
    try:
        yield
    finally:
        lock.release()


def make_socket_folder(places: Sequence[Path] = ()) -> Path:
    """Make a fresh folder with mode 0700 for the socket, in the first place that allows it.

    Without `places` the usual ones are tried. Raises EmbeddedPostgresError when no place is both
    writable and short enough for a socket path.
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
        f"no folder is writable and short enough for a socket ({SOCKET_PATH_BYTES} bytes), tried "
        f"{tried}: set XDG_RUNTIME_DIR or TMPDIR to a short path"
    )


def socket_path(folder: Path) -> Path:
    """Give the path of the socket PostgreSQL makes in `folder`."""
    return folder / f".s.PGSQL.{PORT}"


def clear_socket_folder(folder: Path) -> None:
    """Remove the socket and its lock file, which PostgreSQL leaves when it is killed."""
    socket = socket_path(folder)
    socket.unlink(missing_ok=True)
    socket.with_name(f"{socket.name}.lock").unlink(missing_ok=True)


def remove_socket_folder(folder: Path) -> None:
    """Remove the socket folder with what PostgreSQL puts there; stay quiet where that fails."""
    with suppress(OSError):
        clear_socket_folder(folder)
        folder.rmdir()


def clear_leftovers(data: Path, *, grace: float) -> None:
    """Wait until no PostgreSQL process works in `data`, then remove its pid file.

    Only the holder of the lock may call this. A pid file says nothing by itself: the process it
    names may be an unrelated one, started after a crash or a restart of the machine. What counts is
    which processes have `data` as their working folder, as every PostgreSQL process has. They are
    asked to shut down, get `grace` seconds for it, ten more after SIGQUIT, and are killed then: two
    servers on one data folder would destroy it. Raises EmbeddedPostgresError when even that does
    not end them.
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
            f"processes of an earlier PostgreSQL still work in {data}: end them, then start again"
        )
    (data / "postmaster.pid").unlink(missing_ok=True)


def make_sibling(data: Path, purpose: str) -> Path:
    """Make a folder beside `data` to build in, and remove those a killed process left.

    Only the holder of the lock may call this. The programs of the killed process may need a moment
    to end and write meanwhile, so removing is repeated for up to ten seconds.
    """
    prefix = f".{data.name}.{purpose}-"
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := list(data.parent.glob(f"{prefix}*"))) and time.monotonic() < deadline:
        for folder in left:
            shutil.rmtree(folder, ignore_errors=True)
        time.sleep(_POLL_SECONDS)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=data.parent))


def is_cluster(data: Path) -> bool:
    """Whether `data` holds a database cluster; an absent or empty folder does not.

    Raises EmbeddedPostgresError when it holds something else.
    """
    if (data / "PG_VERSION").is_file():
        return True
    if data.exists() and any(data.iterdir()):
        raise EmbeddedPostgresError(
            f"{data} is neither empty nor a PostgreSQL data folder: choose another data folder"
        )
    return False


def check_cluster(data: Path, major: int) -> None:
    """Raise EmbeddedPostgresError unless the cluster is of version `major` and belongs to us."""
    found = (data / "PG_VERSION").read_text().strip()
    if found != str(major):
        raise EmbeddedPostgresError(
            f"{data} was made by PostgreSQL {found} and this is {major}: restore a backup into a "
            "new data folder, or set DATABASE_URL"
        )
    owner = data.stat().st_uid
    if owner != os.geteuid():
        raise EmbeddedPostgresError(
            f"{data} belongs to user id {owner} and this process runs as {os.geteuid()}: "
            "start as that user, or change the owner of the whole folder"
        )


def open_log(path: Path) -> int:
    """Open the log for appending, mode 0600, emptied first when it has grown past 5 MB."""
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    if os.fstat(log).st_size > LOG_BYTES:
        os.ftruncate(log, 0)
    return log


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable, as a rename needs."""
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
        # TMPDIR may lie deep; this one is short wherever it is.
        Path("/tmp"),  # noqa: S108 -- the folder made in it is fresh, 0700 and ours
    ]


def _forget_socket_folder(recorded: list[str]) -> None:
    """Remove the socket folder of a holder that was killed.

    The name comes from a file, so it is believed only for a folder of our own, of our kind, and
    only the two files PostgreSQL makes there are removed.
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
