"""Unix sockets in folders of any depth, although `sun_path` is limited to 107 bytes (unix(7))."""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def connect(path: Path, *, timeout: float) -> socket.socket:
    """Connect to the socket at `path`. Raises `OSError`. `timeout` is in seconds and applies to each step."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(timeout)
        with _short(path) as name:
            connection.connect(name)
    except BaseException:
        connection.close()
        raise
    return connection


def bind(path: Path) -> socket.socket:
    """Listen on a socket of mode 0600 at `path`. Raises `OSError`, including when the path exists."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Linux creates the file with the socket's mode, so there is no window before a chmod.
        os.fchmod(listening.fileno(), 0o600)
        with _short(path) as name:
            listening.bind(name)
        listening.listen()
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


@contextmanager
def _short(path: Path) -> Generator[str]:
    """Return a short name for `path`, no matter how long its folder's name is."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
