"""Unix sockets in folders of any depth: `sun_path` holds 107 bytes (unix(7)), a path may be longer."""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def connect(path: Path, *, timeout: float) -> socket.socket:
    """Connect to the socket at `path`. Raises `OSError`; `timeout` in seconds is for every step."""
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
    """Make a socket of mode 0600 at `path`, and listen. Raises `OSError`, if something is there too."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # Linux makes the file with the mode the socket has, so nobody can slip in before a chmod.
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
    """Give a name for `path` that is short whatever its folder is called."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
